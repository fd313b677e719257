# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_exoimap_global_optspecs
    string join \n h/help V/version
end

function __fish_exoimap_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_exoimap_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_exoimap_using_subcommand
    set -l cmd (__fish_exoimap_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c exoimap -n "__fish_exoimap_needs_command" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_needs_command" -s V -l version -d 'Print version'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "check" -d 'Proves step by step that the mailbox can be read, or says what is missing'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "setup" -d 'Prints what an administrator does once, filled in as far as known'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "folders" -d 'Lists the mailboxes with their messages'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "token" -d 'Prints an access token for another program'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "fetch" -d 'Downloads messages, each once'
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, connections that fail (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l mailboxes -d 'More mailboxes, one a line (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l expect-days -d 'Fail where the certificate ends sooner than in so many days' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l report -d 'Also write all there is to say, without a credential, to a file that can be mailed' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, connections that fail (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l mailboxes -d 'More mailboxes, one a line (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l script -d 'Print it as one block of PowerShell that can be pasted, and pasted again'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l managed-identity -d 'For a managed identity in place of an application with a credential'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, connections that fail (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, connections that fail (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l xoauth2 -d 'Print the SASL XOAUTH2 string for --mailbox instead'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l claims -d 'Print what the token says instead, without the token'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, connections that fail (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l to -d 'Deliver to this directory; - is mbox on stdout' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l format -d 'eml: <uidvalidity>.<uid>.eml, the octets as sent; maildir; mbox: one file DIR/mbox' -r -f -a "eml\t''
maildir\t''
mbox\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l mailboxes -d 'More mailboxes, one a line (- is stdin); each in DIR/<mailbox>/' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l jobs -d 'So many mailboxes at a time' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l give-up-after -d 'Leave a message that does not come out after so many runs' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l move-to -d 'Move to this folder what was handed over' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l program-timeout -d 'Longest that the program may take for a message' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l folder -d 'The folder, as people see its name' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l uid -d 'These UIDs: 1:5,7,100:* (* alone is the newest message)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l since -d 'Received on this day or later, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l before -d 'Received before this day, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l from -d 'With this text in From' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l to-address -d 'With this text in To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l subject -d 'With this text in Subject; beyond ASCII we match, on decoded headers, as in From and To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l larger -d 'Of more octets than N (10K, 10M), by the server\'s estimate' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l query -d 'RFC 3501 search keys as they are, e.g. \'FLAGGED NOT DELETED\'' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l limit -d 'The first N of them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l attachments -d 'Also write each attachment to DIR/<uidvalidity>.<uid>/<name>, decoded'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l refetch -d 'Forget what was delivered before: fetch again what has no file here'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l from-now -d 'On a first run, take what is there as done'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l accept-uidvalidity -d 'Start afresh where the folder\'s UIDVALIDITY changed'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l dry-run -d 'Say what would be fetched, and change nothing'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l mark-seen -d 'Mark as seen what was handed over'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l delete -d 'Delete what was handed over (Exchange keeps it in Recoverable Items)'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l unseen -d 'Not seen yet'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -s h -l help -d 'Print help'
