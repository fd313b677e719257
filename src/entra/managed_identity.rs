//! A managed identity: the machine that we run on, in Azure, vouches for us.
//!
//! Who is asked is found in the order of Microsoft's own libraries. The request goes over plain HTTP to a
//! service of this machine or its host, never through a proxy and never anywhere else
//! (learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token).

use std::path::Path;

use super::application::check_scope;
use super::cloud::is_guid;
use super::request::{Answer, NEAR, get};
use super::{AccessToken, Cloud};
use crate::error::{Error, Kind, Phase, Result};
use crate::net::{Network, seconds};
use crate::retry::Retry;
use crate::secret::Secret;

/// The metadata service of a virtual machine.
const IMDS: &str = "http://169.254.169.254";

/// What this machine vouches for.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    service: Service,
    /// A user-assigned identity: the parameter that names it, and its id.
    which: Option<(&'static str, String)>,
    scope: String,
}

/// Who is asked.
#[derive(Clone, Debug)]
enum Service {
    /// App Service, Functions, Container Apps, Automation: an address and a header from the environment.
    App { endpoint: String, header: Secret },
    /// A virtual machine, by this address.
    Machine { address: String },
}

impl ManagedIdentity {
    /// The system-assigned identity of this machine, asking for Exchange Online. `environment` looks up
    /// a variable: the platforms say there where their service is.
    pub fn of_this_machine(environment: &dyn Fn(&str) -> Option<String>) -> Result<ManagedIdentity> {
        let scope = format!("https://{}/.default", Cloud::Global.imap_host());
        Ok(ManagedIdentity { service: Service::find(environment)?, which: None, scope })
    }

    /// A user-assigned identity instead: its client id (a GUID), its resource id (`/subscriptions/…`), or
    /// `object:` and its object id.
    pub fn with_identity(mut self, identity: &str) -> Result<ManagedIdentity> {
        let printable = identity.bytes().all(|byte| byte.is_ascii_graphic());
        let (parameter, id) = match identity.strip_prefix("object:") {
            Some(object) if is_guid(object) => ("object_id", object),
            None if is_guid(identity) => ("client_id", identity),
            None if identity.starts_with("/subscriptions/") && printable => match self.service {
                Service::App { .. } => ("mi_res_id", identity),
                Service::Machine { .. } => ("msi_res_id", identity),
            },
            _ => {
                let message = format!(
                    "the managed identity, of {} characters, is neither a client id (a GUID), nor a resource id (/subscriptions/…), nor object: and an object id",
                    identity.chars().count()
                );
                return Err(Error::of_setting("identity", message));
            }
        };
        self.which = Some((parameter, id.to_owned()));
        Ok(self)
    }

    /// Asks for this resource instead: `https://…/.default`.
    pub fn with_scope(mut self, scope: &str) -> Result<ManagedIdentity> {
        check_scope(scope)?;
        self.scope = scope.to_owned();
        Ok(self)
    }

    /// Asks for a token, and again where that can help.
    pub fn request_token(&self, network: &Network, retry: &mut Retry) -> Result<AccessToken> {
        retry.request(|| self.request_once(network))
    }

    fn request_once(&self, network: &Network) -> Result<AccessToken> {
        let (address, query) = self.question();
        let header = match &self.service {
            Service::App { header, .. } => ("X-IDENTITY-HEADER", header),
            Service::Machine { .. } => ("Metadata", &Secret::new("true")),
        };
        let answer = get(network, &address, &query, header).map_err(|e| self.unreachable(e))?;
        answer.token().ok_or_else(|| refused(&answer))
    }

    /// The address, and the parameters of its query.
    fn question(&self) -> (String, Vec<(&str, &str)>) {
        let (address, version) = match &self.service {
            Service::App { endpoint, .. } => (endpoint.clone(), "2019-08-01"),
            Service::Machine { address } => (format!("{address}/metadata/identity/oauth2/token"), "2018-02-01"),
        };
        let resource = self.scope.strip_suffix("/.default").unwrap_or(&self.scope);
        let which = self.which.as_ref().map(|(parameter, id)| (*parameter, id.as_str()));
        (address, [("api-version", version), ("resource", resource)].into_iter().chain(which).collect())
    }

    /// Off Azure nobody is there.
    fn unreachable(&self, e: Error) -> Error {
        match self.service {
            Service::Machine { .. } if e.phase() == Phase::Connect => {
                let after = seconds(NEAR);
                e.adding(&format!("; a virtual machine of Azure answers there within {after}, and other machines have no managed identity"))
            }
            _ => e,
        }
    }

    /// What distinguishes its tokens from others.
    #[cfg(feature = "certificate")]
    pub(super) fn key(&self) -> String {
        let (address, query) = self.question();
        format!("managed-identity {address} {query:?}")
    }
}

/// A refusal; some that are final elsewhere pass here.
fn refused(answer: &Answer) -> Error {
    let error = answer.refusal("the managed identity's service");
    match answer.status {
        404 | 410 | 429 | 500.. => error.with_kind(Kind::Temporary),
        _ => error,
    }
}

impl Service {
    /// The order of Microsoft's libraries.
    fn find(environment: &dyn Fn(&str) -> Option<String>) -> Result<Service> {
        let value =
            |name: &str| environment(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let unsupported = |what: &str| {
            Error::usage(format!(
                "the managed identity of {what} is not supported: only App Service, Functions, Container Apps and virtual machines are"
            ))
        };
        match (value("IDENTITY_ENDPOINT"), value("IDENTITY_HEADER")) {
            (Some(_), Some(_)) if value("IDENTITY_SERVER_THUMBPRINT").is_some() => {
                return Err(unsupported("Service Fabric (IDENTITY_SERVER_THUMBPRINT)"));
            }
            (Some(endpoint), Some(header)) => {
                let printable = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
                if !endpoint.starts_with("http://") || !printable(&endpoint) || !printable(&header) {
                    return Err(Error::usage(
                        "IDENTITY_ENDPOINT is not an http:// address, or IDENTITY_HEADER not a header's value",
                    ));
                }
                return Ok(Service::App { endpoint, header: Secret::new(header) });
            }
            _ => {}
        }
        if value("MSI_ENDPOINT").is_some() {
            return Err(unsupported("Azure Machine Learning and Cloud Shell (MSI_ENDPOINT)"));
        }
        let arc = ["/opt/azcmagent/bin/himds", "C:\\Program Files\\AzureConnectedMachineAgent\\himds.exe"];
        if (value("IDENTITY_ENDPOINT").is_some() && value("IMDS_ENDPOINT").is_some())
            || arc.iter().any(|agent| Path::new(agent).exists())
        {
            return Err(unsupported("Azure Arc"));
        }
        match value("AZURE_POD_IDENTITY_AUTHORITY_HOST") {
            None => Ok(Service::Machine { address: IMDS.to_owned() }),
            // A sidecar's address, as Microsoft's libraries have it; only where nothing leaves the machine.
            Some(address) if is_loopback(&address) => {
                Ok(Service::Machine { address: address.trim_end_matches('/').to_owned() })
            }
            Some(_) => Err(Error::usage(
                "AZURE_POD_IDENTITY_AUTHORITY_HOST is not an http:// address of this machine (127.0.0.1, [::1], localhost)",
            )),
        }
    }
}

/// `http://127.0.0.1:8080`, with or without a port and a slash, and nothing behind it.
fn is_loopback(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("http://") else { return false };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    ["127.0.0.1", "[::1]", "localhost"]
        .iter()
        .filter_map(|host| rest.strip_prefix(host))
        .any(|port| port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Result<ManagedIdentity> {
        let environment =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        ManagedIdentity::of_this_machine(&environment)
    }

    #[test]
    fn who_is_asked_and_how() {
        let machine = found(&[]).unwrap();
        let resource = ("resource", "https://outlook.office365.com");
        let (address, query) = machine.question();
        assert_eq!(address, "http://169.254.169.254/metadata/identity/oauth2/token");
        assert_eq!(query, [("api-version", "2018-02-01"), resource]);
        let app = [("IDENTITY_ENDPOINT", "http://127.0.0.1:41/msi/token"), ("IDENTITY_HEADER", "h")];
        let guid = "11111111-2222-3333-4444-555555555555";
        for (identity, which) in [
            (guid, ("client_id", guid)),
            (&format!("object:{guid}"), ("object_id", guid)),
            ("/subscriptions/a/b", ("mi_res_id", "/subscriptions/a/b")),
        ] {
            let identity = found(&app).unwrap().with_identity(identity).unwrap();
            let (address, query) = identity.question();
            assert_eq!(address, "http://127.0.0.1:41/msi/token");
            assert_eq!(query, [("api-version", "2019-08-01"), resource, which]);
        }
        let resource = machine.clone().with_identity("/subscriptions/a/b").unwrap();
        assert_eq!(resource.question().1[2], ("msi_res_id", "/subscriptions/a/b"));
        for bad in ["", "x", "object:x", "/subscriptions/ a", "/x"] {
            assert_eq!(machine.clone().with_identity(bad).unwrap_err().kind(), Kind::Usage, "{bad}");
        }
    }

    #[test]
    fn what_is_not_supported_says_so() {
        let endpoint = ("IDENTITY_ENDPOINT", "http://127.0.0.1:41/");
        for (variables, words) in [
            (&[endpoint, ("IDENTITY_HEADER", "h"), ("IDENTITY_SERVER_THUMBPRINT", "t")][..], "Service Fabric"),
            (&[("MSI_ENDPOINT", "http://localhost/"), ("MSI_SECRET", "s")], "Machine Learning"),
            (&[endpoint, ("IMDS_ENDPOINT", "http://localhost:40342")], "Azure Arc"),
            (&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://imds.example.com")], "AZURE_POD"),
            (&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1.example.com")], "AZURE_POD"),
            (&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://localhost@example.com")], "AZURE_POD"),
            (&[("IDENTITY_ENDPOINT", "ftp://x/"), ("IDENTITY_HEADER", "h")], "IDENTITY_ENDPOINT"),
        ] {
            let error = found(variables).unwrap_err();
            assert!(error.kind() == Kind::Usage && error.to_string().contains(words), "{error}");
        }
        for good in ["http://127.0.0.1", "http://127.0.0.1:80/", "http://localhost:1", "http://[::1]:2"] {
            assert!(found(&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", good)]).is_ok(), "{good}");
        }
    }
}
