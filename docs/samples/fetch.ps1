# Fetches new orders; Task Scheduler runs it every five minutes:
#
#   schtasks /create /tn exoimap /sc minute /mo 5 /ru SYSTEM `
#     /tr "powershell -NoProfile -ExecutionPolicy Bypass -File C:\exoimap\fetch.ps1"
#
# orders.env beside it holds AZURE_TENANT_ID=, AZURE_CLIENT_ID=, AZURE_CLIENT_SECRET= and EXOIMAP_MAILBOX=.
# What needs a person goes to the Application event log with each run; exoimap's own words are in fetch.log.
$settings = Join-Path $PSScriptRoot 'orders.env'
$log = Join-Path $PSScriptRoot 'fetch.log'
& (Join-Path $PSScriptRoot 'exoimap.exe') fetch --quiet --max-time 4m --give-up-after 288 --env-file $settings --log $log --to C:\orders 2>$null | Out-Null
# Where exoimap.exe could not be started there is no exit code.
$code = if ($null -eq $LASTEXITCODE) { 1 } else { $LASTEXITCODE }

switch ($code) {
    0 { exit 0 }
    5 { exit 0 } # network, throttling: the next run tries again
    6 { $kind = 'WARNING'; $text = 'some orders need a look, see fetch.log' }
    4 { $kind = 'ERROR'; $text = 'an administrator must act, see fetch.log' }
    default { $kind = 'ERROR'; $text = "exoimap.exe failed ($code), see fetch.log" }
}
eventcreate /l APPLICATION /so exoimap /t $kind /id 1 /d $text
exit $code
