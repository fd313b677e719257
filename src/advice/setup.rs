//! What an administrator does once, as numbered steps: where in the portal, and the commands. What is
//! known is filled in; what is proven done is marked.

use super::{argument, fill, quoted};
use crate::entra::{Cloud, is_guid, is_tenant};
use crate::error::{Error, Result};
use crate::exchange::{EXCHANGE, PERMISSION, check_mailbox};
use crate::text::{safe, shell_word};

/// Whose set-up it is; what is not known is a placeholder in the steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    pub(super) cloud: Cloud,
    pub(super) tenant: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) object_id: Option<String>,
    pub(super) mailboxes: Vec<String>,
    /// For a managed identity instead of an application: no secret, and the permission by PowerShell alone.
    pub(crate) managed_identity: bool,
    pub(crate) proven: Proven,
}

/// What a run has shown to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proven {
    /// Entra ID issued a token.
    pub token: bool,
    /// The token has the role.
    pub role: bool,
    /// Exchange accepted the token.
    pub principal: bool,
    /// These mailboxes opened.
    pub mailboxes: Vec<String>,
}

/// A step, filled in.
#[derive(Clone)]
pub(crate) struct SetupStep {
    pub(crate) of: &'static Template,
    /// Where in the portal; none if the portal has no such place.
    pub(crate) portal: Option<String>,
    /// One after the other.
    pub(crate) commands: Vec<String>,
    /// True if it has been shown to be done.
    pub(crate) proven: bool,
}

/// A step before it is filled in. A command with `{mailbox}` stands once for each; an empty one is left out.
pub(crate) struct Template {
    pub(crate) title: &'static str,
    /// The role that an administrator needs for it; empty for none.
    pub(crate) role: &'static str,
    portal: &'static str,
    /// In which shell the commands run: `az`, `PowerShell` or `sh`.
    pub(crate) shell: &'static str,
    commands: &'static [&'static str],
    proven: fn(&Setup) -> bool,
}

static APPLICATION: [Template; 4] = [
    Template {
        title: "Register an application",
        role: "Cloud Application Administrator",
        portal: "{portal} > App registrations > New registration; note its Application (client) ID and Directory (tenant) ID",
        shell: "az",
        commands: &[
            "{az login}",
            "az ad app create --display-name exoimap --query appId --output tsv",
            "az ad sp create --id {client}",
        ],
        proven: |setup| setup.proven.token,
    },
    Template {
        title: "Give it a credential",
        role: "Cloud Application Administrator",
        portal: "{portal} > App registrations > the application > Certificates & secrets > New client secret; copy the Value, not the Secret ID",
        shell: "az",
        commands: &["az ad app credential reset --id {client} --append --display-name exoimap"],
        proven: |setup| setup.proven.token,
    },
    Template {
        title: "Add the permission IMAP.AccessAsApp",
        role: "Cloud Application Administrator",
        portal: "{portal} > App registrations > the application > API permissions > Add a permission > APIs my organization uses > Office 365 Exchange Online > Application permissions (not Delegated) > IMAP.AccessAsApp",
        shell: "az",
        commands: &[
            "az ad app permission add --id {client} --api {api} --api-permissions \"$(az ad sp show --id {api} --query \"appRoles[?value=='IMAP.AccessAsApp'].id\" --output tsv)=Role\"",
        ],
        proven: |setup| setup.proven.role,
    },
    Template {
        title: "Grant admin consent",
        role: "Cloud Application Administrator",
        portal: "{portal} > App registrations > the application > API permissions > Grant admin consent",
        shell: "az",
        commands: &["az ad app permission admin-consent --id {client}"],
        proven: |setup| setup.proven.role,
    },
];

/// The portal cannot give a managed identity a permission.
static IDENTITY: [Template; 3] = [
    Template {
        title: "Enable the managed identity",
        role: "Contributor of the virtual machine",
        portal: "{azure} > the virtual machine, app or container > Identity > System assigned > On",
        shell: "az",
        commands: &["{az login}", "az vm identity assign --resource-group <group> --name <virtual machine>"],
        proven: |setup| setup.proven.token,
    },
    Template {
        title: "Note its two IDs",
        role: "",
        portal: "{portal} > Enterprise applications > Application type: Managed Identities; note Application ID and Object ID",
        shell: "az",
        commands: &[
            "az ad sp list --display-name <virtual machine> --query \"[].{appId:appId,objectId:id}\" --output table",
        ],
        proven: |setup| setup.proven.token && setup.object_id.is_some(),
    },
    Template {
        title: "Grant it IMAP.AccessAsApp (a token may be cached for a day before it shows)",
        role: "Privileged Role Administrator",
        portal: "",
        shell: "PowerShell",
        commands: &[
            "Connect-MgGraph -Environment {graph}{graph tenant} -Scopes Application.Read.All,AppRoleAssignment.ReadWrite.All",
            "$Exchange = Get-MgServicePrincipal -Filter \"appId eq '{api}'\"",
            "$Role = $Exchange.AppRoles | Where-Object Value -EQ 'IMAP.AccessAsApp'",
            "New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId {object} -PrincipalId {object} -ResourceId $Exchange.Id -AppRoleId $Role.Id",
        ],
        proven: |setup| setup.proven.role,
    },
];

static EXCHANGE_STEPS: [Template; 4] = [
    Template {
        title: "Register it in Exchange, by the object ID of the enterprise application, not of the app registration",
        role: "Exchange Administrator",
        portal: "{portal of the object id}",
        shell: "PowerShell",
        commands: &[
            "Connect-ExchangeOnline{connect}",
            "New-ServicePrincipal -AppId {client} -ObjectId {object} -DisplayName exoimap",
        ],
        proven: |setup| setup.proven.principal,
    },
    Template {
        title: "Let it open each mailbox",
        role: "Exchange Administrator",
        portal: "",
        shell: "PowerShell",
        commands: &["Add-MailboxPermission -Identity {mailbox} -User {object} -AccessRights FullAccess"],
        proven: Setup::is_open,
    },
    Template {
        title: "Enable IMAP for each mailbox",
        role: "Exchange Administrator",
        portal: "admin.exchange.microsoft.com > Recipients > Mailboxes > the mailbox > Manage email apps settings > IMAP",
        shell: "PowerShell",
        commands: &["Set-CASMailbox -Identity {mailbox} -ImapEnabled $true"],
        proven: Setup::is_open,
    },
    Template {
        title: "Wait up to an hour, then test it",
        role: "",
        portal: "",
        shell: "sh",
        commands: &["{check}"],
        proven: Setup::is_open,
    },
];

/// The most mailboxes that are named in one command.
const FEW: usize = 5;

impl Setup {
    /// The set-up of one application.
    pub(crate) fn new(cloud: Cloud) -> Setup {
        Setup { cloud, ..Setup::default() }
    }

    /// The tenant, a GUID or a domain.
    pub(crate) fn in_tenant(mut self, tenant: &str) -> Result<Setup> {
        if !is_tenant(tenant) {
            return Err(Error::usage("the tenant is neither a GUID nor a domain name"));
        }
        self.tenant = Some(tenant.to_owned());
        Ok(self)
    }

    pub(crate) fn with_client_id(mut self, id: &str) -> Result<Setup> {
        if !is_guid(id) {
            return Err(Error::usage("the client ID is not a GUID"));
        }
        self.client_id = Some(id.to_owned());
        Ok(self)
    }

    /// The object id of its service principal, as a token has it; anything but a GUID is ignored.
    #[must_use]
    pub(crate) fn with_object_id(mut self, id: Option<&str>) -> Setup {
        self.object_id = id.filter(|id| is_guid(id)).map(str::to_owned);
        self
    }

    /// A mailbox, by its primary SMTP address.
    pub(crate) fn and_mailbox(mut self, mailbox: &str) -> Result<Setup> {
        check_mailbox(mailbox)?;
        // It would be another address on a terminal.
        if safe(mailbox) != mailbox {
            return Err(Error::usage(format!("the mailbox {mailbox:?} has a character in it that is not shown")));
        }
        self.mailboxes.push(mailbox.to_owned());
        Ok(self)
    }

    /// The steps, in their order.
    pub(crate) fn steps(&self) -> Vec<SetupStep> {
        let identity = if self.managed_identity { &IDENTITY[..] } else { &APPLICATION[..] };
        identity.iter().chain(&EXCHANGE_STEPS).map(|template| self.step(template)).collect()
    }

    fn step(&self, template: &'static Template) -> SetupStep {
        let filled = |text: &str, mailbox: &str| {
            let values = self.values();
            let values = values.iter().map(|(name, value)| (*name, value.as_str()));
            fill(text, &values.chain([("mailbox", mailbox)]).collect::<Vec<_>>())
        };
        let placeholder = ["<mailbox>".to_owned()];
        let named: Vec<String> = self.mailboxes.iter().map(|mailbox| argument(mailbox)).collect();
        let mailboxes = if named.is_empty() { &placeholder[..] } else { &named };
        let commands = template.commands.iter().flat_map(|command| {
            let times = if command.contains("{mailbox}") { mailboxes.len() } else { 1 };
            mailboxes.iter().take(times).map(|mailbox| filled(command, mailbox))
        });
        SetupStep {
            of: template,
            portal: Some(filled(template.portal, "")).filter(|portal| !portal.is_empty()),
            commands: commands.filter(|command| !command.is_empty()).collect(),
            proven: (template.proven)(self),
        }
    }

    /// The set-up as one block of PowerShell, which can be pasted, and pasted again: what is done already is left alone.
    /// Values stand in its first lines and nowhere else.
    pub(crate) fn script(&self) -> String {
        let value = |value: &Option<String>| quoted(value.as_deref().unwrap_or_default());
        let mailboxes: Vec<_> = self.mailboxes.iter().map(|mailbox| format!("        {}", quoted(mailbox))).collect();
        let (graph, environment) = self.environments();
        let values = [
            ("tenant", value(&self.tenant)),
            ("client", value(&self.client_id)),
            ("object", value(&self.object_id)),
            ("mailboxes", mailboxes.join(",\n")),
            ("graph", graph.to_owned()),
            ("environment", environment.to_owned()),
            ("api", EXCHANGE.to_owned()),
            ("permission", PERMISSION.to_owned()),
        ];
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fill(include_str!("setup.ps1"), &values)
    }

    /// What the templates are filled in with.
    fn values(&self) -> Vec<(&'static str, String)> {
        let known = |value: &Option<String>, placeholder: &str| value.clone().unwrap_or_else(|| placeholder.to_owned());
        let tenant = self.tenant.as_deref().map(argument);
        let (graph, environment) = self.environments();
        let (portal, azure, az_cloud) = match self.cloud {
            Cloud::Global => ("entra.microsoft.com", "portal.azure.com", ""),
            Cloud::UsGov | Cloud::UsGovDod => {
                ("entra.microsoft.us", "portal.azure.us", "az cloud set --name AzureUSGovernment && ")
            }
            Cloud::China => {
                ("portal.azure.cn > Microsoft Entra ID", "portal.azure.cn", "az cloud set --name AzureChinaCloud && ")
            }
        };
        let for_tenant =
            |option: &str| tenant.as_ref().map_or_else(String::new, |tenant| format!(" {option} {tenant}"));
        let object_portal =
            format!("{portal} > Enterprise applications > the application > Overview shows this Object ID");
        let is_global = self.cloud == Cloud::Global;
        vec![
            ("portal", portal.to_owned()),
            ("azure", azure.to_owned()),
            ("portal of the object id", if self.object_id.is_none() { object_portal } else { String::new() }),
            ("az login", format!("{az_cloud}az login{} --allow-no-subscriptions", for_tenant("--tenant"))),
            ("client", known(&self.client_id, "<client id>")),
            ("object", known(&self.object_id, "<object id of the enterprise application>")),
            ("api", EXCHANGE.to_owned()),
            ("graph", graph.to_owned()),
            ("graph tenant", for_tenant("-TenantId")),
            ("connect", if is_global { String::new() } else { format!(" -ExchangeEnvironmentName {environment}") }),
            ("check", self.check()),
        ]
    }

    /// The call that shows that it works, with all that has been said.
    fn check(&self) -> String {
        let mut words = vec!["exoimap check".to_owned()];
        if self.cloud != Cloud::Global {
            words.push(format!("--cloud {}", self.cloud.name()));
        }
        if self.managed_identity {
            words.push("--auth managed-identity".to_owned());
        } else {
            let ids = [("--tenant", &self.tenant), ("--client-id", &self.client_id)];
            words.extend(ids.iter().filter_map(|(option, id)| Some(format!("{option} {}", id.as_deref()?))));
        }
        match self.mailboxes.len() {
            0..=FEW => words.extend(self.mailboxes.iter().map(|mailbox| format!("--mailbox {}", shell_word(mailbox)))),
            _ => words.push("--mailboxes <file>".to_owned()),
        }
        words.join(" ")
    }

    fn is_open(&self) -> bool {
        !self.mailboxes.is_empty() && self.mailboxes.iter().all(|mailbox| self.proven.mailboxes.contains(mailbox))
    }

    /// The clouds by the names of Microsoft Graph PowerShell and of Exchange Online PowerShell.
    fn environments(&self) -> (&'static str, &'static str) {
        match self.cloud {
            Cloud::Global => ("Global", "O365Default"),
            Cloud::UsGov => ("USGov", "O365USGovGCCHigh"),
            Cloud::UsGovDod => ("USGovDoD", "O365USGovDoD"),
            Cloud::China => ("China", "O365China"),
        }
    }
}
