& {
    $ErrorActionPreference = 'Stop'
    $TenantId = {tenant}
    $AppId = {client}
    $ObjectId = {object}
    $Mailboxes = @(
{mailboxes}
    )
    if (-not $TenantId) { throw 'Put the tenant (its GUID or domain) into $TenantId' }
    if (-not $AppId) { throw 'Put the Application (client) ID into $AppId' }

    # Needs the roles Privileged Role Administrator (or Global Administrator) and Exchange Administrator.
    foreach ($Module in 'Microsoft.Graph.Applications', 'ExchangeOnlineManagement') {
        if (-not (Get-Module -ListAvailable -Name $Module)) { Install-Module $Module -Scope CurrentUser -Force }
    }

    # The permission, and consent to it.
    Connect-MgGraph -NoWelcome -TenantId $TenantId -Environment {graph} -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'
    $Principal = Get-MgServicePrincipal -Filter "appId eq '$AppId'"
    if (-not $Principal) { $Principal = New-MgServicePrincipal -AppId $AppId }
    if ($ObjectId -and $ObjectId -ne $Principal.Id) { throw "The token's object id is $ObjectId, the tenant's $($Principal.Id)" }
    $ObjectId = $Principal.Id
    $Exchange = Get-MgServicePrincipal -Filter "appId eq '{api}'"
    $Role = $Exchange.AppRoles | Where-Object Value -EQ '{permission}'
    $Granted = Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $ObjectId -All | Where-Object AppRoleId -EQ $Role.Id
    if (-not $Granted) {
        New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $ObjectId -PrincipalId $ObjectId -ResourceId $Exchange.Id -AppRoleId $Role.Id | Out-Null
    }

    # Exchange's own list of service principals, by the same object id.
    Connect-ExchangeOnline -ShowBanner:$false -ExchangeEnvironmentName {environment}
    $Known = Get-ServicePrincipal | Where-Object AppId -EQ $AppId
    if ($Known -and $Known.ObjectId -ne $ObjectId) {
        Remove-ServicePrincipal -Identity $Known.Identity -Confirm:$false
        $Known = $null
    }
    if (-not $Known) { New-ServicePrincipal -AppId $AppId -ObjectId $ObjectId -DisplayName 'exoimap' | Out-Null }
    foreach ($Mailbox in $Mailboxes) {
        Add-MailboxPermission -Identity $Mailbox -User $ObjectId -AccessRights FullAccess | Out-Null
        Set-CASMailbox -Identity $Mailbox -ImapEnabled $true
    }
    Write-Output 'Done. It may take an hour until Exchange knows it; exoimap check says when.'
}
