//! What an administrator does once, as numbered steps: where in the portal, and the commands (field guide
//! 2.5). What is known is filled in; what is proven done is said to be.
//!
//! Nothing here talks to anybody. Values from outside are validated before they come near a command, and
//! quoted where they stand in PowerShell.

use std::fmt::Write;

use super::address::check_mailbox;
use super::claims::{EXCHANGE, PERMISSION};
use super::powershell::{argument, quoted};
use crate::entra::{Cloud, is_guid, is_tenant};
use crate::error::{Error, Result};
use crate::text::Escaped;

/// Whose set-up it is; what is not known is a placeholder in the steps.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    cloud: Cloud,
    tenant: Option<String>,
    client_id: Option<String>,
    object_id: Option<String>,
    mailboxes: Vec<String>,
    managed_identity: bool,
    proven: Proven,
}

/// What a run has shown to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proven {
    /// Entra ID gave out a token.
    pub token: bool,
    /// The token has the role.
    pub role: bool,
    /// Exchange took the token.
    pub principal: bool,
    /// These mailboxes opened.
    pub mailboxes: Vec<String>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupStep {
    /// What is done.
    pub title: String,
    /// Where in the portal; none where there is no such place.
    pub portal: Option<String>,
    /// In which shell the commands run: `az`, `PowerShell` or `sh`.
    pub shell: &'static str,
    /// The commands, one after the other.
    pub commands: Vec<String>,
    /// True where it has been shown to be done.
    pub proven: bool,
}

impl Setup {
    /// The set-up of one application, which has to be told who it is.
    pub fn new(cloud: Cloud) -> Setup {
        Setup { cloud, ..Setup::default() }
    }

    /// For a managed identity in place of an application: no secret, and the permission by PowerShell alone.
    #[must_use]
    pub fn of_managed_identity(mut self) -> Setup {
        self.managed_identity = true;
        self
    }

    /// The tenant, a GUID or a domain.
    pub fn in_tenant(mut self, tenant: &str) -> Result<Setup> {
        if !is_tenant(tenant) {
            return Err(Error::usage("the tenant is neither a GUID nor a domain name (--tenant, AZURE_TENANT_ID)"));
        }
        self.tenant = Some(tenant.to_owned());
        Ok(self)
    }

    /// The application's id.
    pub fn with_client_id(mut self, id: &str) -> Result<Setup> {
        if !is_guid(id) {
            return Err(Error::usage("the client id is no GUID (--client-id, AZURE_CLIENT_ID)"));
        }
        self.client_id = Some(id.to_owned());
        Ok(self)
    }

    /// The object id of its service principal, as a token says it; anything but a GUID is not taken.
    #[must_use]
    pub fn with_object_id(mut self, id: Option<&str>) -> Setup {
        self.object_id = id.filter(|id| is_guid(id)).map(str::to_owned);
        self
    }

    /// A mailbox, by its primary SMTP address.
    pub fn and_mailbox(mut self, mailbox: &str) -> Result<Setup> {
        check_mailbox(mailbox)?;
        // It would be another address on a terminal.
        if Escaped(mailbox).to_string() != mailbox {
            return Err(Error::usage(format!("the mailbox {mailbox:?} has a character in it that is not shown")));
        }
        self.mailboxes.push(mailbox.to_owned());
        Ok(self)
    }

    /// What a run has shown.
    #[must_use]
    pub fn with_proven(mut self, proven: Proven) -> Setup {
        self.proven = proven;
        self
    }

    /// The steps, in their order.
    pub fn steps(&self) -> Vec<SetupStep> {
        let identity = if self.managed_identity { self.identity_steps() } else { self.application_steps() };
        identity.into_iter().chain(self.exchange_steps()).collect()
    }

    fn application_steps(&self) -> Vec<SetupStep> {
        let id = self.client_id();
        let token = self.proven.token;
        let portal = |path: &str| Some(format!("{} > {path}", self.portal()));
        vec![
            SetupStep {
                title: "Register an application".to_owned(),
                portal: portal(
                    "App registrations > New registration; note its Application (client) ID and Directory (tenant) ID",
                ),
                shell: "az",
                commands: [
                    self.az_cloud(),
                    vec![
                        "az ad app create --display-name exoimap --query appId --output tsv".to_owned(),
                        format!("az ad sp create --id {id}"),
                    ],
                ]
                .concat(),
                proven: token,
            },
            SetupStep {
                title: "Give it a credential".to_owned(),
                portal: portal(
                    "App registrations > the application > Certificates & secrets > New client secret; copy the Value, not the Secret ID",
                ),
                shell: "az",
                commands: vec![format!("az ad app credential reset --id {id} --append --display-name exoimap")],
                proven: token,
            },
            SetupStep {
                title: format!("Add the permission {PERMISSION}"),
                portal: portal(&format!(
                    "App registrations > the application > API permissions > Add a permission > APIs my organization uses > Office 365 Exchange Online > Application permissions (not Delegated) > {PERMISSION}"
                )),
                shell: "az",
                commands: vec![format!(
                    "az ad app permission add --id {id} --api {EXCHANGE} --api-permissions \"$(az ad sp show --id {EXCHANGE} --query \"appRoles[?value=='{PERMISSION}'].id\" --output tsv)=Role\""
                )],
                proven: self.proven.role,
            },
            SetupStep {
                title: "Grant admin consent".to_owned(),
                portal: portal("App registrations > the application > API permissions > Grant admin consent"),
                shell: "az",
                commands: vec![format!("az ad app permission admin-consent --id {id}")],
                proven: self.proven.role,
            },
        ]
    }

    /// The portal cannot give a managed identity a permission.
    fn identity_steps(&self) -> Vec<SetupStep> {
        vec![
            SetupStep {
                title: "Switch the managed identity on".to_owned(),
                portal: Some("portal.azure.com > the virtual machine, app or container > Identity > System assigned > On".to_owned()),
                shell: "az",
                commands: [self.az_cloud(), vec!["az vm identity assign --resource-group <group> --name <virtual machine>".to_owned()]].concat(),
                proven: self.proven.token,
            },
            SetupStep {
                title: "Note its two ids".to_owned(),
                portal: Some(format!("{} > Enterprise applications > Application type: Managed Identities; note Application ID and Object ID", self.portal())),
                shell: "az",
                commands: vec!["az ad sp list --display-name <virtual machine> --query \"[].{appId:appId,objectId:id}\" --output table".to_owned()],
                proven: self.proven.token && self.object_id.is_some(),
            },
            SetupStep {
                title: format!("Grant it {PERMISSION} (a token may be cached for a day before it shows)"),
                portal: None,
                shell: "PowerShell",
                commands: self.grant(),
                proven: self.proven.role,
            },
        ]
    }

    fn exchange_steps(&self) -> Vec<SetupStep> {
        let (id, object) = (self.client_id(), self.object_id());
        let mailboxes: Vec<String> = match self.mailboxes.as_slice() {
            [] => vec!["<mailbox>".to_owned()],
            named => named.iter().map(|mailbox| argument(mailbox)).collect(),
        };
        let open =
            !self.mailboxes.is_empty() && self.mailboxes.iter().all(|mailbox| self.proven.mailboxes.contains(mailbox));
        let each = |command: &dyn Fn(&str) -> String| mailboxes.iter().map(|mailbox| command(mailbox)).collect();
        vec![
            SetupStep {
                title: "Make it known to Exchange, by the object id of the enterprise application, not of the app registration".to_owned(),
                portal: self.object_id.is_none().then(|| {
                    format!("{} > Enterprise applications > the application > Overview shows this Object ID", self.portal())
                }),
                shell: "PowerShell",
                commands: vec![self.connect_exchange(), format!("New-ServicePrincipal -AppId {id} -ObjectId {object} -DisplayName exoimap")],
                proven: self.proven.principal,
            },
            SetupStep {
                title: "Let it open each mailbox".to_owned(),
                portal: None,
                shell: "PowerShell",
                commands: each(&|mailbox| format!("Add-MailboxPermission -Identity {mailbox} -User {object} -AccessRights FullAccess")),
                proven: open,
            },
            SetupStep {
                title: "Switch IMAP on for each mailbox".to_owned(),
                portal: Some("admin.exchange.microsoft.com > Recipients > Mailboxes > the mailbox > Manage email apps settings > IMAP".to_owned()),
                shell: "PowerShell",
                commands: each(&|mailbox| format!("Set-CASMailbox -Identity {mailbox} -ImapEnabled $true")),
                proven: open,
            },
            SetupStep {
                title: "Wait up to an hour, then see that it works".to_owned(),
                portal: None,
                shell: "sh",
                commands: vec!["exoimap check".to_owned()],
                proven: open,
            },
        ]
    }

    /// The whole set-up as one block of PowerShell, which can be pasted, and pasted again: what is done
    /// already is left alone. Values stand in its first lines and nowhere else.
    pub fn script(&self) -> String {
        let value = |value: Option<&str>| quoted(value.unwrap_or_default());
        let mailboxes: Vec<_> = self.mailboxes.iter().map(|mailbox| format!("        {}", quoted(mailbox))).collect();
        let mut script = format!(
            "# Needs: Install-Module Microsoft.Graph.Applications, ExchangeOnlineManagement -Scope CurrentUser\n\
             & {{\n    $ErrorActionPreference = 'Stop'\n    $TenantId = {}\n    $AppId = {}\n    $ObjectId = {}\n    $Mailboxes = @(\n{}\n    )\n",
            value(self.tenant.as_deref()),
            value(self.client_id.as_deref()),
            value(self.object_id.as_deref()),
            mailboxes.join(",\n"),
        );
        let _ = write!(
            script,
            r#"    if (-not $TenantId) {{ throw 'Put the tenant (its GUID or domain) into $TenantId' }}
    if (-not $AppId) {{ throw 'Put the Application (client) ID into $AppId' }}

    # {PERMISSION}, and consent to it.
    Connect-MgGraph -NoWelcome -TenantId $TenantId -Environment {graph} -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'
    $Principal = Get-MgServicePrincipal -Filter "appId eq '$AppId'"
    if (-not $Principal) {{ $Principal = New-MgServicePrincipal -AppId $AppId }}
    if ($ObjectId -and $ObjectId -ne $Principal.Id) {{ throw "The token's object id is $ObjectId, the tenant's $($Principal.Id)" }}
    $ObjectId = $Principal.Id
    $Exchange = Get-MgServicePrincipal -Filter "appId eq '{EXCHANGE}'"
    $Role = $Exchange.AppRoles | Where-Object Value -EQ '{PERMISSION}'
    $Granted = Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $ObjectId -All | Where-Object AppRoleId -EQ $Role.Id
    if (-not $Granted) {{
        New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $ObjectId -PrincipalId $ObjectId -ResourceId $Exchange.Id -AppRoleId $Role.Id | Out-Null
    }}

    # Exchange's own list of service principals, by the same object id.
    Connect-ExchangeOnline -ShowBanner:$false -ExchangeEnvironmentName {exchange}
    $Known = Get-ServicePrincipal | Where-Object AppId -EQ $AppId
    if ($Known -and $Known.ObjectId -ne $ObjectId) {{
        Remove-ServicePrincipal -Identity $Known.Identity -Confirm:$false
        $Known = $null
    }}
    if (-not $Known) {{ New-ServicePrincipal -AppId $AppId -ObjectId $ObjectId -DisplayName 'exoimap' | Out-Null }}
    foreach ($Mailbox in $Mailboxes) {{
        Add-MailboxPermission -Identity $Mailbox -User $ObjectId -AccessRights FullAccess | Out-Null
        Set-CASMailbox -Identity $Mailbox -ImapEnabled $true
    }}
    Write-Output 'Done. It may take an hour until Exchange knows it; exoimap check says when.'
}}
"#,
            graph = self.environment().0,
            exchange = self.environment().1,
        );
        script
    }

    /// The grant alone, for a managed identity.
    fn grant(&self) -> Vec<String> {
        let object = self.object_id();
        vec![
            format!(
                "Connect-MgGraph -Environment {}{} -Scopes Application.Read.All,AppRoleAssignment.ReadWrite.All",
                self.environment().0,
                self.tenant.as_deref().map_or_else(String::new, |tenant| format!(" -TenantId {}", argument(tenant)))
            ),
            format!("$Exchange = Get-MgServicePrincipal -Filter \"appId eq '{EXCHANGE}'\""),
            format!("$Role = $Exchange.AppRoles | Where-Object Value -EQ '{PERMISSION}'"),
            format!(
                "New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId {object} -PrincipalId {object} -ResourceId $Exchange.Id -AppRoleId $Role.Id"
            ),
        ]
    }

    fn connect_exchange(&self) -> String {
        let environment = match self.cloud {
            Cloud::Global => String::new(),
            _ => format!(" -ExchangeEnvironmentName {}", self.environment().1),
        };
        format!("Connect-ExchangeOnline{environment}")
    }

    fn client_id(&self) -> &str {
        self.client_id.as_deref().unwrap_or("<client id>")
    }

    fn object_id(&self) -> &str {
        self.object_id.as_deref().unwrap_or("<object id of the enterprise application>")
    }

    /// The clouds by the names of Microsoft Graph PowerShell and of Exchange Online PowerShell.
    fn environment(&self) -> (&'static str, &'static str) {
        match self.cloud {
            Cloud::Global => ("Global", "O365Default"),
            Cloud::UsGov => ("USGov", "O365USGovGCCHigh"),
            Cloud::UsGovDod => ("USGovDoD", "O365USGovDoD"),
            Cloud::China => ("China", "O365China"),
        }
    }

    fn portal(&self) -> &'static str {
        match self.cloud {
            Cloud::Global => "entra.microsoft.com",
            Cloud::UsGov | Cloud::UsGovDod => "entra.microsoft.us",
            Cloud::China => "portal.azure.cn > Microsoft Entra ID",
        }
    }

    /// az knows one cloud at a time.
    fn az_cloud(&self) -> Vec<String> {
        match self.cloud {
            Cloud::Global => Vec::new(),
            Cloud::UsGov | Cloud::UsGovDod => vec!["az cloud set --name AzureUSGovernment && az login".to_owned()],
            Cloud::China => vec!["az cloud set --name AzureChinaCloud && az login".to_owned()],
        }
    }
}

#[cfg(test)]
#[path = "setup_tests.rs"]
mod tests;
