# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_exoimap_global_optspecs
    string join \n mailbox= tenant= client-id= auth= client-secret-file= client-secret-command= certificate= certificate-key= certificate-signature= federated-token-file= identity= access-token-file= cloud= authority-host= scope= host= port= ca-file= proxy= env-file= timeout= max-wait= max-time= token-cache= trace= log= q/quiet v/verbose json h/help V/version
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

complete -c exoimap -n "__fish_exoimap_needs_command" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_needs_command" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_needs_command" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_needs_command" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_needs_command" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_needs_command" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_needs_command" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_needs_command" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_needs_command" -s V -l version -d 'Print version'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "check" -d 'Test every step from configuration to logout and name what is missing'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "setup" -d 'Print what an administrator must do once, with your ids filled in'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "folders" -d 'List the folders and how many messages are in them, or create one'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "search" -d 'List the selected messages'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "token" -d 'Print an access token for another program'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "fetch" -d 'Download new messages, each exactly once'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "mark" -d 'Set or clear flags of the selected messages'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "move" -d 'Move the selected messages to another folder'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "copy" -d 'Copy the selected messages to another folder'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "delete" -d 'Delete the selected messages'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "append" -d 'Upload messages to a folder'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "status" -d 'Report what fetch has delivered, and what is left, without a connection'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "wait" -d 'Wait until there is mail to fetch'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "tunnel" -d 'Sign in for a mail program and connect it to the session'
complete -c exoimap -n "__fish_exoimap_needs_command" -f -a "relay" -d 'Let programs that know only a name and a password sign in locally'
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l mailboxes -d 'File with more mailboxes, one per line (- is stdin). Empty lines and comments that start with # are skipped. fetch delivers each mailbox to DIR/<mailbox>/.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l expect-days -d 'Fail if the certificate expires in fewer than N days.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l report -d 'Also write a report without credentials that can be mailed. It holds the options, every step, the claims of the token and the protocol transcript.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand check" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l mailboxes -d 'File with more mailboxes, one per line (- is stdin). Empty lines and comments that start with # are skipped. fetch delivers each mailbox to DIR/<mailbox>/.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l script -d 'Print one block of PowerShell that is safe to run again.'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l all -d 'Also print the commands of steps that are done.'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l managed-identity -d 'For a managed identity instead of an application with a credential.'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand setup" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l not-folder -d 'Leave these folders out; repeatable.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l no-counts -d 'List names only, without asking how many messages each folder has.'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and not __fish_seen_subcommand_from create" -a "create" -d 'Create a folder and its missing parents'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand folders; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l folder -d 'Folder name as people see it.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l uid -d 'UIDs: 1:5,7,100:* (* alone is the newest message).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l since -d 'Received on this day or later: 2026-11-02, today, yesterday, 7d, 2w. 7d is seven days ago, 2w two weeks ago. Days are those of UTC.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l before -d 'Received before this day: 2026-11-02, today, yesterday, 7d, 2w.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l from -d 'Text in From.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l to-address -d 'Text in To.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l subject -d 'Text in Subject. Text beyond ASCII is compared here, with the decoded headers; so it is for --from and --to-address.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l larger -d 'Larger than N bytes (10K, 10M), by the server\'s estimate.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l query -d 'RFC 3501 search keys, e.g. \'FLAGGED NOT DELETED\'.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l limit -d 'The first N of them.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l headers -d 'Print a table: UID, received, flags, size, from, subject.'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l unseen -d 'Messages not seen yet.'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand search" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l xoauth2 -d 'Print the SASL XOAUTH2 string for --mailbox.'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l claims -d 'Print the claims of the token, not the token.'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand token" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l mailboxes -d 'File with more mailboxes, one per line (- is stdin). Empty lines and comments that start with # are skipped. fetch delivers each mailbox to DIR/<mailbox>/.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l to -d 'Deliver to this directory (- writes mbox to stdout).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l format -d 'One file per message (eml, maildir), or one file DIR/mbox. eml: DIR/<uidvalidity>.<uid>.eml, the bytes as sent. maildir: new/ and cur/, LF line ends. mbox: mboxrd, LF line ends.' -r -f -a "eml\t''
maildir\t''
mbox\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l jobs -d 'Fetch N mailboxes in parallel.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l file-mode -d 'Mode of delivered files, as 0640 [default: 0600]. For another account that reads them. Directories get the same, and x for those who may read. The umask does not count, and others never get write access.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l give-up-after -d 'Give up on a message after N failed runs.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l move-to -d 'Move delivered messages to this folder. With PROGRAM, only the messages that it accepted.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l older-than -d 'Move or delete only messages received more than T ago (30d, 12h). Also those that earlier runs delivered to DIR, in each run, when their time has come. Never a message that this DIR did not deliver or that PROGRAM did not accept. The time received is the server\'s (INTERNALDATE).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l failed-to -d 'Move here what PROGRAM refused in --give-up-after runs. PROGRAM refuses a message with an exit code from 1 to 125, except 75. A run in which it refused several messages and accepted none does not count. The file stays in DIR. Without this option the message is offered for ever.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l program-timeout -d 'Kill PROGRAM after T per message (not its children).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l folder -d 'Folder name, or a pattern with * for any characters; repeatable. A pattern, or two folders, gives each its own directory: DIR/<folder>/. A name like \\Trash, \\Sent, \\Drafts, \\Junk or \\Archive stands for the folder of that use. In a directory\'s name %XX stands for a byte that some file systems refuse.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l not-folder -d 'Leave these folders out; repeatable.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l uid -d 'UIDs: 1:5,7,100:* (* alone is the newest message).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l since -d 'Received on this day or later: 2026-11-02, today, yesterday, 7d, 2w. 7d is seven days ago, 2w two weeks ago. Days are those of UTC.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l before -d 'Received before this day: 2026-11-02, today, yesterday, 7d, 2w.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l from -d 'Text in From.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l to-address -d 'Text in To.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l subject -d 'Text in Subject. Text beyond ASCII is compared here, with the decoded headers; so it is for --from and --to-address.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l larger -d 'Larger than N bytes (10K, 10M), by the server\'s estimate.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l query -d 'RFC 3501 search keys, e.g. \'FLAGGED NOT DELETED\'.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l limit -d 'The first N of them.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l attachments -d 'Also write decoded attachments to DIR/<uidvalidity>.<uid>/. With --json each has name, original_name, type, size, disposition, content_id, broken (null, or why it could not be decoded) and path.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l skip-inline -d 'With --attachments: skip what the message shows in its text. That is what is declared inline, and what the HTML refers to by its Content-ID: logos and signatures, but also a PDF that Apple Mail shows.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l refetch -d 'Forget earlier deliveries and fetch again what has no file here.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l from-now -d 'On the first run, skip the messages already in the folder. Also after a new start with --accept-uidvalidity.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l accept-uidvalidity -d 'Start again if the folder\'s UIDVALIDITY has changed.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l mark-seen -d 'Mark delivered messages as seen. With PROGRAM, only the messages that it accepted.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l delete -d 'Delete delivered messages (Exchange keeps them in Recoverable Items). With PROGRAM, only the messages that it accepted.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l dry-run -d 'Print what would be fetched, change nothing.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l unseen -d 'Messages not seen yet.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand fetch" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l folder -d 'Folder name as people see it.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l uid -d 'UIDs: 1:5,7,100:* (* alone is the newest message).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l since -d 'Received on this day or later: 2026-11-02, today, yesterday, 7d, 2w. 7d is seven days ago, 2w two weeks ago. Days are those of UTC.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l before -d 'Received before this day: 2026-11-02, today, yesterday, 7d, 2w.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l from -d 'Text in From.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l to-address -d 'Text in To.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l subject -d 'Text in Subject. Text beyond ASCII is compared here, with the decoded headers; so it is for --from and --to-address.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l larger -d 'Larger than N bytes (10K, 10M), by the server\'s estimate.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l query -d 'RFC 3501 search keys, e.g. \'FLAGGED NOT DELETED\'.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l limit -d 'The first N of them.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l seen -d 'Mark as seen.'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l unseen -d 'Mark as not seen (to select unseen messages: --query UNSEEN).'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l flagged -d 'Mark as flagged.'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l unflagged -d 'Remove the flag.'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l answered -d 'Mark as answered.'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l unanswered -d 'Mark as not answered.'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l dry-run -d 'Print what would be done, change nothing.'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand mark" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l to -d 'Target folder.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l folder -d 'Folder name as people see it.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l uid -d 'UIDs: 1:5,7,100:* (* alone is the newest message).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l since -d 'Received on this day or later: 2026-11-02, today, yesterday, 7d, 2w. 7d is seven days ago, 2w two weeks ago. Days are those of UTC.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l before -d 'Received before this day: 2026-11-02, today, yesterday, 7d, 2w.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l from -d 'Text in From.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l to-address -d 'Text in To.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l subject -d 'Text in Subject. Text beyond ASCII is compared here, with the decoded headers; so it is for --from and --to-address.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l larger -d 'Larger than N bytes (10K, 10M), by the server\'s estimate.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l query -d 'RFC 3501 search keys, e.g. \'FLAGGED NOT DELETED\'.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l limit -d 'The first N of them.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l dry-run -d 'Print what would be done, change nothing.'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l unseen -d 'Messages not seen yet.'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand move" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l to -d 'Target folder.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l folder -d 'Folder name as people see it.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l uid -d 'UIDs: 1:5,7,100:* (* alone is the newest message).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l since -d 'Received on this day or later: 2026-11-02, today, yesterday, 7d, 2w. 7d is seven days ago, 2w two weeks ago. Days are those of UTC.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l before -d 'Received before this day: 2026-11-02, today, yesterday, 7d, 2w.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l from -d 'Text in From.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l to-address -d 'Text in To.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l subject -d 'Text in Subject. Text beyond ASCII is compared here, with the decoded headers; so it is for --from and --to-address.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l larger -d 'Larger than N bytes (10K, 10M), by the server\'s estimate.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l query -d 'RFC 3501 search keys, e.g. \'FLAGGED NOT DELETED\'.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l limit -d 'The first N of them.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l dry-run -d 'Print what would be done, change nothing.'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l unseen -d 'Messages not seen yet.'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand copy" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l trash -d 'Move the messages to this folder. Deleted Items has another name in every language; \'\\Trash\' names it in all of them.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l folder -d 'Folder name as people see it.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l uid -d 'UIDs: 1:5,7,100:* (* alone is the newest message).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l since -d 'Received on this day or later: 2026-11-02, today, yesterday, 7d, 2w. 7d is seven days ago, 2w two weeks ago. Days are those of UTC.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l before -d 'Received before this day: 2026-11-02, today, yesterday, 7d, 2w.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l from -d 'Text in From.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l to-address -d 'Text in To.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l subject -d 'Text in Subject. Text beyond ASCII is compared here, with the decoded headers; so it is for --from and --to-address.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l larger -d 'Larger than N bytes (10K, 10M), by the server\'s estimate.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l query -d 'RFC 3501 search keys, e.g. \'FLAGGED NOT DELETED\'.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l limit -d 'The first N of them.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l permanently -d 'Delete for good (Exchange keeps them in Recoverable Items).'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l dry-run -d 'Print what would be done, change nothing.'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l unseen -d 'Messages not seen yet.'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand delete" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l folder -d 'Folder name as people see it.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l flags -d 'Flags to set: seen, answered, flagged, draft.' -r -f -a "seen\t''
answered\t''
flagged\t''
draft\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l date -d 'Received date: 2026-11-02T08:14:07Z or a day [default: now].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l seen -d 'Mark them as seen.'
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand append" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l to -d 'The directory of fetch, or one above several.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l max-age -d 'Exit with 5 if the last complete run is older (30m, 26h).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand status" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l to -d 'Wait for messages that fetch --to DIR would fetch. Only messages that no run has tried yet; the selection must be that of fetch.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l for -d 'Wait at most this long, then exit with 3 [default: no limit].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l folder -d 'Folder name as people see it.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l uid -d 'UIDs: 1:5,7,100:* (* alone is the newest message).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l since -d 'Received on this day or later: 2026-11-02, today, yesterday, 7d, 2w. 7d is seven days ago, 2w two weeks ago. Days are those of UTC.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l before -d 'Received before this day: 2026-11-02, today, yesterday, 7d, 2w.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l from -d 'Text in From.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l to-address -d 'Text in To.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l subject -d 'Text in Subject. Text beyond ASCII is compared here, with the decoded headers; so it is for --from and --to-address.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l larger -d 'Larger than N bytes (10K, 10M), by the server\'s estimate.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l query -d 'RFC 3501 search keys, e.g. \'FLAGGED NOT DELETED\'.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l limit -d 'The first N of them.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l max-wait -d 'Total time to wait out throttling and outages (0: do not wait). A first connection to the server that fails is reported at once; check does not wait for the token endpoint either. With 0 a broken session ends the run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l unseen -d 'Messages not seen yet.'
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand wait" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l idle-timeout -d 'End a session if nothing is sent either way for T.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l max-wait -d 'Total time to wait out throttling and outages before the greeting. Mail programs wait for the greeting, and some of them not for long.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand tunnel" -s h -l help -d 'Print help'
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l idle-timeout -d 'End a session if nothing is sent either way for T.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l max-wait -d 'Total time to wait out throttling and outages before the greeting. Mail programs wait for the greeting, and some of them not for long.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l listen -d 'Address and port to listen on, repeatable (- is a socket as stdin). The default is 127.0.0.1:1143 and [::1]:1143. Another address than this machine\'s own needs --tls-certificate and --tls-key. - is for systemd (StandardInput=socket).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l password-file -d 'File with the names and verifiers of the local passwords.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l add -d 'Add NAME or NAME=MAILBOX with a new password, print it, and exit.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l set -d 'Set the password of NAME or NAME=MAILBOX from stdin, and exit.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l allow -d 'Open only this mailbox or @domain, repeatable.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l tls-certificate -d 'PEM file with the certificate of the listener, for implicit TLS.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l tls-key -d 'PEM file with its private key (PKCS #8).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l max-connections -d 'Sessions at a time.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l mailbox -d 'Primary SMTP address of the mailbox. check, setup and fetch take it several times.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l tenant -d 'Tenant ID or verified domain of the tenant.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l client-id -d 'Application (client) ID.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l auth -d 'Authentication method; auto picks the credential you configured. auto takes the credential that an option names, else the first of token, certificate, secret and federated that the environment names. managed-identity and device-code are used only when asked for.' -r -f -a "auto\t''
token\t''
certificate\t''
secret\t''
federated\t''
managed-identity\t''
device-code\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l client-secret-file -d 'File with the client secret (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l client-secret-command -d 'Command that prints the client secret.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l certificate -d 'PEM file with the certificate and its private key.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l certificate-key -d 'PEM file with the private key, if it is a separate file.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l certificate-signature -d 'Signature algorithm; rs256 for a tenant that requires it.' -r -f -a "ps256\t''
rs256\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l federated-token-file -d 'File with the token of a workload identity. It is read for each token request.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l identity -d 'User-assigned identity: client ID, /subscriptions/… or object:ID. The default is the client ID if there is one, else the system-assigned identity (system).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l access-token-file -d 'File with an access token from elsewhere (- is stdin).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l cloud -d 'National cloud: sets authority, host and scope.' -r -f -a "global\t''
usgov\t''
usgov-dod\t''
china\t''"
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l authority-host -d 'Authority that issues the tokens, an https:// URL.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l scope -d 'Scope of the token [default: https://<host of the cloud>/.default].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l host -d 'IMAP server [default: outlook.office365.com].' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l port -d 'Port of the IMAP server (implicit TLS).' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l ca-file -d 'PEM file of root certificates to trust instead of the system\'s.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l proxy -d 'Proxy, http:// or socks5:// (none: no proxy). For the token request and the IMAP connection. Without it EXOIMAP_PROXY, HTTPS_PROXY and ALL_PROXY count, in this order, and NO_PROXY. A URL with a password is taken from a variable only.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l env-file -d 'Read NAME=value settings from FILE; the environment overrides them. The form of systemd\'s EnvironmentFile=.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l timeout -d 'Longest silence on a connection, and time to connect.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l max-time -d 'Time limit of the whole run.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l token-cache -d 'Keep tokens between runs in this directory.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l trace -d 'Write the protocol transcript to stderr or FILE; credentials masked.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l log -d 'Append what is written to stderr, with times, to FILE.' -r
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -s q -l quiet -d 'Print only results and errors.'
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -s v -l verbose -d 'Print each step on stderr.'
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -l json -d 'Print results as JSON, one object per line.'
complete -c exoimap -n "__fish_exoimap_using_subcommand relay" -s h -l help -d 'Print help'
