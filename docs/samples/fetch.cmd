@echo off
rem Fetches new orders; Task Scheduler runs it every five minutes:
rem
rem   schtasks /create /tn exoimap /sc minute /mo 5 /ru SYSTEM /tr C:\exoimap\fetch.cmd
rem
rem orders.env beside it holds AZURE_TENANT_ID=, AZURE_CLIENT_ID=, AZURE_CLIENT_SECRET= and EXOIMAP_MAILBOX=.
rem What needs a person goes to the Application event log with each run; exoimap's own words are in fetch.log.
setlocal
"%~dp0exoimap.exe" fetch --quiet --max-time 4m --give-up-after 288 --env-file "%~dp0orders.env" --log "%~dp0fetch.log" --to C:\orders >nul 2>nul
set code=%ERRORLEVEL%
if %code%==0 exit /b 0
rem Network, throttling: the next run tries again.
if %code%==5 exit /b 0
set kind=ERROR
set text=exoimap.exe failed (%code%)
if %code%==4 set text=an administrator must act
if %code%==6 set text=some orders need a look
if %code%==6 set kind=WARNING
eventcreate /l APPLICATION /so exoimap /t %kind% /id 1 /d "%text%, see fetch.log"
exit /b %code%
