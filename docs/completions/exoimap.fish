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
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "folders" -d 'Lists the mailboxes with their messages, or creates one'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "search" -d 'Lists the selected messages'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "token" -d 'Prints an access token for another program'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "fetch" -d 'Downloads messages, each once'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "mark" -d 'Sets or clears flags of the selected messages'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "move" -d 'Moves the selected messages to another folder'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "copy" -d 'Copies the selected messages to another folder'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "delete" -d 'Deletes the selected messages'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "append" -d 'Uploads messages to a folder'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "wait" -d 'Waits until there is mail to do'
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
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
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
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
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
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -f -a "create" -d 'Creates a folder, and those above it'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l folder -d 'The folder, as people see its name' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l uid -d 'These UIDs: 1:5,7,100:* (* alone is the newest message)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l since -d 'Received on this day or later, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l before -d 'Received before this day, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l from -d 'With this text in From' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l to-address -d 'With this text in To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l subject -d 'With this text in Subject; beyond ASCII we match, on decoded headers, as in From and To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l larger -d 'Of more octets than N (10K, 10M), by the server\'s estimate' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l query -d 'RFC 3501 search keys as they are, e.g. \'FLAGGED NOT DELETED\'' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l limit -d 'The first N of them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l headers -d 'A table: UID, when received, flags, size, from, subject'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l unseen -d 'Not seen yet'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -s h -l help -d 'Print help'
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
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
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
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
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
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l program-timeout -d 'Longest that the program may take for a message, then it is ended, but not what it has started' -r
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
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l from-now -d 'On a first run or a fresh start, take what is there as done'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l accept-uidvalidity -d 'Start afresh where the folder\'s UIDVALIDITY changed'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l dry-run -d 'Say what would be fetched, and change nothing'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l mark-seen -d 'Mark as seen what was handed over'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l delete -d 'Delete what was handed over (Exchange keeps it in Recoverable Items)'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l unseen -d 'Not seen yet'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l folder -d 'The folder, as people see its name' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l uid -d 'These UIDs: 1:5,7,100:* (* alone is the newest message)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l since -d 'Received on this day or later, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l before -d 'Received before this day, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l from -d 'With this text in From' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l to-address -d 'With this text in To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l subject -d 'With this text in Subject; beyond ASCII we match, on decoded headers, as in From and To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l larger -d 'Of more octets than N (10K, 10M), by the server\'s estimate' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l query -d 'RFC 3501 search keys as they are, e.g. \'FLAGGED NOT DELETED\'' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l limit -d 'The first N of them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l seen -d 'Mark as seen'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l unseen -d 'Mark as not seen (to select unseen messages: --query UNSEEN)'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l flagged -d 'Mark as flagged'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l unflagged -d 'Take the flag away'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l answered -d 'Mark as answered'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l unanswered -d 'Mark as not answered'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l dry-run -d 'Say what would be done, and change nothing'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l to -d 'The folder to put them into' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l folder -d 'The folder, as people see its name' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l uid -d 'These UIDs: 1:5,7,100:* (* alone is the newest message)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l since -d 'Received on this day or later, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l before -d 'Received before this day, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l from -d 'With this text in From' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l to-address -d 'With this text in To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l subject -d 'With this text in Subject; beyond ASCII we match, on decoded headers, as in From and To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l larger -d 'Of more octets than N (10K, 10M), by the server\'s estimate' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l query -d 'RFC 3501 search keys as they are, e.g. \'FLAGGED NOT DELETED\'' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l limit -d 'The first N of them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l dry-run -d 'Say what would be done, and change nothing'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l unseen -d 'Not seen yet'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l to -d 'The folder to put them into' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l folder -d 'The folder, as people see its name' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l uid -d 'These UIDs: 1:5,7,100:* (* alone is the newest message)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l since -d 'Received on this day or later, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l before -d 'Received before this day, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l from -d 'With this text in From' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l to-address -d 'With this text in To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l subject -d 'With this text in Subject; beyond ASCII we match, on decoded headers, as in From and To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l larger -d 'Of more octets than N (10K, 10M), by the server\'s estimate' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l query -d 'RFC 3501 search keys as they are, e.g. \'FLAGGED NOT DELETED\'' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l limit -d 'The first N of them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l dry-run -d 'Say what would be done, and change nothing'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l unseen -d 'Not seen yet'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l trash -d 'Move them to this folder: Deleted Items has another name in every language' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l folder -d 'The folder, as people see its name' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l uid -d 'These UIDs: 1:5,7,100:* (* alone is the newest message)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l since -d 'Received on this day or later, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l before -d 'Received before this day, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l from -d 'With this text in From' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l to-address -d 'With this text in To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l subject -d 'With this text in Subject; beyond ASCII we match, on decoded headers, as in From and To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l larger -d 'Of more octets than N (10K, 10M), by the server\'s estimate' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l query -d 'RFC 3501 search keys as they are, e.g. \'FLAGGED NOT DELETED\'' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l limit -d 'The first N of them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l permanently -d 'Delete them for good (Exchange keeps them in Recoverable Items for a while)'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l dry-run -d 'Say what would be done, and change nothing'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l unseen -d 'Not seen yet'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l folder -d 'The folder, as people see its name' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l flags -d 'Mark them: seen, answered, flagged, draft' -r -f -a "seen\t''
answered\t''
flagged\t''
draft\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l date -d 'When they were received: 2026-11-02T08:14:07Z, or a day [default: now]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l seen -d 'Mark them as seen'
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l mailbox -d 'Primary SMTP address of the mailbox' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l tenant -d 'Tenant GUID or verified domain' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l client-id -d 'Application (client) id' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l auth -d 'How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l client-secret-file -d 'The client secret (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l client-secret-command -d 'A command that prints the client secret' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l certificate -d 'The application\'s certificate and its private key, PEM' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l certificate-key -d 'The private key, where it has a PEM file of its own' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l certificate-signature -d 'What the certificate signs with; rs256 for a tenant that wants it' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l federated-token-file -d 'The token of a workload identity, read for each request' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l identity -d 'A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system\'s]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l access-token-file -d 'A token from elsewhere (- is stdin)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l cloud -d 'Preset of authority, host and scope' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l authority-host -d 'Where tokens come from, https://HOST' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l scope -d 'What the token is for [default: https://<the cloud\'s host>/.default]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l host -d 'The IMAP server [default: outlook.office365.com]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l port -d 'Its port, implicit TLS' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l ca-file -d 'PEM roots instead of the system\'s, for both connections' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l proxy -d 'http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l env-file -d 'NAME=value lines, as systemd\'s EnvironmentFile; the environment wins over them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l timeout -d 'Longest silence on a connection; bounds connecting too' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l max-wait -d 'Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l token-cache -d 'Keep tokens between runs in this directory' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l max-time -d 'Longest that the whole run may take' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l trace -d 'Write the C:/S: transcript, credentials masked, to stderr or a file' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l log -d 'Append to this file, with times, what is said on stderr' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l to -d 'Mail to do is what fetch --to DIR, with the same selection, would fetch for the first time' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l for -d 'Wait so long at most, then end with exit code 3 [default: without end]' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l folder -d 'The folder, as people see its name' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l uid -d 'These UIDs: 1:5,7,100:* (* alone is the newest message)' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l since -d 'Received on this day or later, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l before -d 'Received before this day, YYYY-MM-DD' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l from -d 'With this text in From' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l to-address -d 'With this text in To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l subject -d 'With this text in Subject; beyond ASCII we match, on decoded headers, as in From and To' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l larger -d 'Of more octets than N (10K, 10M), by the server\'s estimate' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l query -d 'RFC 3501 search keys as they are, e.g. \'FLAGGED NOT DELETED\'' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l limit -d 'The first N of them' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -s q -l quiet -d 'Say nothing but results and errors'
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -s v -l verbose -d 'Say each step on stderr'
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l json -d 'Results as NDJSON, one object a line'
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l unseen -d 'Not seen yet'
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -s h -l help -d 'Print help'
