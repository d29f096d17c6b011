# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_trueup_global_optspecs
    string join \n local= etcd= etcd-cafile= etcd-certfile= etcd-keyfile= etcd-user= s/server= context= kubeconfig= n/namespace= color= q/quiet h/help V/version
end

function __fish_trueup_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_trueup_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_trueup_using_subcommand
    set -l cmd (__fish_trueup_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c trueup -n "__fish_trueup_needs_command" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_needs_command" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_needs_command" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_needs_command" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_needs_command" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_needs_command" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_needs_command" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_needs_command" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_needs_command" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_needs_command" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_needs_command" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_needs_command" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_needs_command" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "apply" -d 'Apply manifests to the target'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "diff" -d 'Show what applying manifests would change'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "plan" -d 'Show what applying manifests would change, and save it to be applied later'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "drift" -d 'Show what others changed of a set since it was last applied'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "dump" -d 'Write live objects as manifests that apply again'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "kustomize" -d 'Print what a kustomization builds'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "get" -d 'Show objects'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "watch" -d 'Show objects and their changes as they come'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "delete" -d 'Delete objects'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "wait" -d 'Wait until objects are as they should be'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "describe" -d 'Show everything about objects, and their events'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "events" -d 'Show events, oldest first'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "tree" -d 'Show an object and what it owns, with the readiness of each'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "history" -d 'Show the revisions of a set'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "rollback" -d 'Apply an earlier revision of a set again'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "sets" -d 'Show sets, make them, and hand them over to other tools'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "explain" -d 'Show what the fields of a kind are for'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "validate" -d 'Check manifests without a server'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "api-resources" -d 'Show the kinds that the server serves'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "api-versions" -d 'Show the versions of the groups that the server serves'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "auth" -d 'Show who one is, and what one may do'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "config" -d 'Show and change kubeconfig files'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "sync" -d 'Keep the target as the manifests say'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "serve" -d 'Serve the API over HTTPS'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "controllers" -d 'Run the controllers against the target'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "man" -d 'Write the manual pages'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "version" -d 'Show the version of this program and of the server'
complete -c trueup -n "__fish_trueup_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s l -l selector -d 'Apply only the objects with these labels' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l max-deletions -d 'Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l history-limit -d 'Keep so many revisions of the set; 0 keeps none, and removes those that there are' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l message -d 'Say in the history what this apply is about, such as the revision of the manifests\' source' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l dry-run -d 'Say what would happen without doing it' -r -f -a "none\t'Do it'
client\t'Only compare with what the server has'
server\t'Let the server say what it would do'"
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s o -l output -d 'Print the applied objects' -r -f -a "name\t'One name a line'
json\t'JSON, one object after the other'
yaml\t'YAML, one document for each object'"
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l wait -d 'Wait until all applied objects are ready, or until deleted ones are gone; a comma parts both' -r -f -a "ready\t'That each object is ready'
deleted\t'That each deleted object is gone'"
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l timeout -d 'Wait no longer than this for a replaced object to go, for what others depend on, or for all to be ready; 0 waits without end' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l ci -d 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l ci-dir -d 'Write reports that name no file into this directory, which is made where it does not exist' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l ci-full-diff -d 'Write the whole difference to this file, also where a comment is cut; else beside the comment' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l ci-name -d 'Tell these reports from others of the same pipeline by this name, such as staging' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l ci-differences -d 'Count differences as notices, warnings or errors; with errors they are failures in JUnit' -r -f -a "notice\t'Worth knowing; what is deleted or replaced is a warning'
warning\t'Worth a look'
error\t'As failures'"
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l field-manager -d 'Own the applied fields under this name' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l server-side -d 'Accepted for kubectl\'s sake: every apply is a server-side apply' -r -f -a "true\t''
false\t''"
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l prune -d 'Delete the members of the set that no manifest describes'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l allow-empty -d 'Prune although the manifests hold no object at all'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l force-membership -d 'Take objects over that belong to other sets'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l replace -d 'Replace objects that cannot be changed in place: delete them and make them anew'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l atomic -d 'Undo everything that was done if something fails, is interrupted, or is not ready in time where --wait is given'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l force-conflicts -d 'Take fields over that other managers own'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l diff -d 'Show the difference of each changed object'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l show-secrets -d 'Show the values of Secrets in differences'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l show-owners -d 'Show the owners of all changed fields in differences, not only those that other managers own'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s y -l yes -d 'Act without asking, whatever is deleted or replaced'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -l any-target -d 'Apply a saved plan here although it was made for a target of another name'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand apply" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand diff" -s l -l selector -d 'Compare only the objects with these labels' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l max-deletions -d 'Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l against -d 'Compare with the revision of this number: the set as it is with what the revision declares, or, with -f, what the manifests declare with what the revision declared' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -s o -l output -d 'Show the differences in this form' -r -f -a "diff\t'A unified diff of each object\'s YAML'
path\t'One line for each field that changes: its path, its value before and after'
summary\t'What happens to which object, and the counts'
names\t'The names of the objects that change'
json\t'A document in JSON'
yaml\t'The same document in YAML'
markdown\t'A comment for a pull request'"
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l field-manager -d 'Assume that the fields are owned under this name' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l server-side -d 'Accepted for kubectl\'s sake: every comparison is made by the server' -r -f -a "true\t''
false\t''"
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l ci -d 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l ci-dir -d 'Write reports that name no file into this directory, which is made where it does not exist' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l ci-full-diff -d 'Write the whole difference to this file, also where a comment is cut; else beside the comment' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l ci-name -d 'Tell these reports from others of the same pipeline by this name, such as staging' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l ci-differences -d 'Count differences as notices, warnings or errors; with errors they are failures in JUnit' -r -f -a "notice\t'Worth knowing; what is deleted or replaced is a warning'
warning\t'Worth a look'
error\t'As failures'"
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand diff" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand diff" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l prune -d 'Delete the members of the set that no manifest describes'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l allow-empty -d 'Prune although the manifests hold no object at all'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l force-membership -d 'Take objects over that belong to other sets'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l detailed-exitcode -d 'Exit with 2 where something differs and with 1 where something failed, as terraform does'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l show-owners -d 'Show the owners of all changed fields, not only those that other managers own'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l side-by-side -d 'Show both states next to each other, where the terminal has at least 80 columns'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l no-pager -d 'Print long differences to the terminal at once'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l force-conflicts -d 'Assume that fields of other managers are taken over'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -l show-secrets -d 'Show the values of Secrets'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand diff" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand plan" -s l -l selector -d 'Plan only the objects with these labels' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l max-deletions -d 'Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -s o -l output -d 'Save the plan to this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l field-manager -d 'Own the applied fields under this name' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l ci -d 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l ci-dir -d 'Write reports that name no file into this directory, which is made where it does not exist' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l ci-full-diff -d 'Write the whole difference to this file, also where a comment is cut; else beside the comment' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l ci-name -d 'Tell these reports from others of the same pipeline by this name, such as staging' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l ci-differences -d 'Count differences as notices, warnings or errors; with errors they are failures in JUnit' -r -f -a "notice\t'Worth knowing; what is deleted or replaced is a warning'
warning\t'Worth a look'
error\t'As failures'"
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand plan" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand plan" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l prune -d 'Delete the members of the set that no manifest describes'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l allow-empty -d 'Prune although the manifests hold no object at all'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l force-membership -d 'Take objects over that belong to other sets'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l include-secrets -d 'Save the values of Secrets too; without them, a plan that changes Secrets cannot be applied'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l force-conflicts -d 'Take fields over that other managers own'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l show-owners -d 'Show the owners of all changed fields, not only those that other managers own'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -l show-secrets -d 'Show the values of Secrets'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand plan" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand drift" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand drift" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand drift" -s l -l selector -d 'Look only at the objects with these labels' -r
complete -c trueup -n "__fish_trueup_using_subcommand drift" -s o -l output -d 'Show drift in this form' -r -f -a "text\t'A block for each object that drifted, a line for each field'
summary\t'A line for each object that drifted, and the counts'
names\t'The names of the objects that drifted'
json\t'A document in JSON'
yaml\t'The same document in YAML'"
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l field-manager -d 'Take this manager for the one in whose name the set is applied; if not given, trueup, or whoever the set\'s history names' -r
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand drift" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand drift" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand drift" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l exit-code -d 'Exit with 1 where something drifted and with 2 where something failed'
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l detailed-exitcode -d 'Exit with 2 where something drifted and with 1 where something failed, as terraform does'
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l all-fields -d 'Take what others set beside the set for drift too'
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l show-pending -d 'Show also where the set has changed since it was applied'
complete -c trueup -n "__fish_trueup_using_subcommand drift" -l show-secrets -d 'Show the values of Secrets'
complete -c trueup -n "__fish_trueup_using_subcommand drift" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand drift" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand drift" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s l -l selector -d 'Select by labels, such as app=web,tier!=cache' -r
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l field-selector -d 'Select by fields, such as metadata.name=web' -r
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s o -l output -d 'Write the manifests in this form' -r -f -a "yaml\t'A stream of YAML documents'
json\t'A List in JSON'"
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l output-dir -d 'Write a file for each object to this folder, which is made where it does not exist' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l defaults -d 'Keep what is the default of a built-in kind, or leave it out' -r -f -a "keep\t'They are written'
drop\t'They are left out, unless somebody applied them'"
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s A -l all-namespaces -d 'Select in all namespaces'
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l include-secrets -d 'Write Secrets too, with their values in clear; their files can be read by the user alone'
complete -c trueup -n "__fish_trueup_using_subcommand dump" -l owned -d 'Write objects too that controllers made'
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand dump" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand kustomize" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand get" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand get" -s l -l selector -d 'Select by labels, such as app=web,tier!=cache' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -l field-selector -d 'Select by fields, such as metadata.name=web' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -s o -l output -d 'Print objects in this form' -r -f -a "json\t'Whole objects as JSON'
yaml\t'Whole objects as YAML'
wide\t'Tables with more columns'
name\t'One TYPE/NAME a line'
custom-columns=HEADER:JSONPATH\,...\t'A table of these columns'
custom-columns-file=FILE\t'The same, headers and paths in two lines of a file'
jsonpath=TEMPLATE\t'What a JSONPath template makes of them'
jsonpath-file=FILE\t'The same, from a file'
jsonpath-as-json=TEMPLATE\t'The values of a JSONPath template as a JSON list'
go-template=TEMPLATE\t'What a Go template makes of them'
go-template-file=FILE\t'The same, from a file'"
complete -c trueup -n "__fish_trueup_using_subcommand get" -s L -l label-columns -d 'Show these labels as columns of tables' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -l sort-by -d 'Sort by a field, given as a JSONPath such as .metadata.name; each kind by itself where tables are shown' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -l subresource -d 'Read a subresource of named objects, such as status or scale' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -l raw -d 'Read this path of the API and print the answer as it is' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -l chunk-size -d 'Read large lists in pages of this many objects; 0 reads all at once' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand get" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand get" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand get" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand get" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand get" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand get" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand get" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand get" -s A -l all-namespaces -d 'Select in all namespaces'
complete -c trueup -n "__fish_trueup_using_subcommand get" -l no-headers -d 'Leave the headers of tables out'
complete -c trueup -n "__fish_trueup_using_subcommand get" -l show-labels -d 'Show labels as the last column of tables'
complete -c trueup -n "__fish_trueup_using_subcommand get" -l show-kind -d 'Show the kind before each name in tables'
complete -c trueup -n "__fish_trueup_using_subcommand get" -l show-managed-fields -d 'Keep metadata.managedFields in JSON and YAML'
complete -c trueup -n "__fish_trueup_using_subcommand get" -s w -l watch -d 'Go on showing changes as they come'
complete -c trueup -n "__fish_trueup_using_subcommand get" -l watch-only -d 'Show changes only, not what is there now'
complete -c trueup -n "__fish_trueup_using_subcommand get" -l output-watch-events -d 'Show what happened to each object beside it while watching: as the first column of tables, else as {type, object}'
complete -c trueup -n "__fish_trueup_using_subcommand get" -l ignore-not-found -d 'Exit with 0 where a named object does not exist'
complete -c trueup -n "__fish_trueup_using_subcommand get" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand get" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -s l -l selector -d 'Select by labels, such as app=web,tier!=cache' -r
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l field-selector -d 'Select by fields, such as metadata.name=web' -r
complete -c trueup -n "__fish_trueup_using_subcommand watch" -s o -l output -d 'Print objects in this form' -r -f -a "json\t'Whole objects as JSON'
yaml\t'Whole objects as YAML'
wide\t'Tables with more columns'
name\t'One TYPE/NAME a line'
custom-columns=HEADER:JSONPATH\,...\t'A table of these columns'
custom-columns-file=FILE\t'The same, headers and paths in two lines of a file'
jsonpath=TEMPLATE\t'What a JSONPath template makes of them'
jsonpath-file=FILE\t'The same, from a file'
jsonpath-as-json=TEMPLATE\t'The values of a JSONPath template as a JSON list'
go-template=TEMPLATE\t'What a Go template makes of them'
go-template-file=FILE\t'The same, from a file'"
complete -c trueup -n "__fish_trueup_using_subcommand watch" -s L -l label-columns -d 'Show these labels as columns of tables' -r
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand watch" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand watch" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand watch" -s A -l all-namespaces -d 'Select in all namespaces'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l no-headers -d 'Leave the headers of tables out'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l show-labels -d 'Show labels as the last column of tables'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l show-kind -d 'Show the kind before each name in tables'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l show-managed-fields -d 'Keep metadata.managedFields in JSON and YAML'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l changes-only -d 'Show changes only, not what is there now'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l output-watch-events -d 'Show what happened to each object in every form, not in JSON and YAML alone: in tables as the first column'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l diff -d 'Show of each event the fields that it changed, with its time and who changed them'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -l show-secrets -d 'Show the values of Secrets in --diff'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s l -l selector -d 'Select by labels, such as app=web,tier!=cache' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l field-selector -d 'Select by fields, such as metadata.name=web' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l cascade -d 'Say what happens to the objects that the deleted ones own' -r -f -a "background\t'They go later'
orphan\t'They stay'
foreground\t'They go first'"
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l grace-period -d 'Give the objects this many seconds to go' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l wait -d 'Wait until the objects are gone' -r -f -a "true\t''
false\t''"
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l timeout -d 'Wait no longer than this, such as 30s or 5m; 0 waits without end' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l dry-run -d 'Say what would happen without doing it' -r -f -a "none\t'Do it'
client\t'Only compare with what the server has'
server\t'Let the server say what it would do'"
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s o -l output -d 'Print names only' -r -f -a "name\t'One TYPE/NAME a line'"
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l ci -d 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l ci-dir -d 'Write reports that name no file into this directory, which is made where it does not exist' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l ci-full-diff -d 'Write the whole difference to this file, also where a comment is cut; else beside the comment' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l ci-name -d 'Tell these reports from others of the same pipeline by this name, such as staging' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l ci-differences -d 'Count differences as notices, warnings or errors; with errors they are failures in JUnit' -r -f -a "notice\t'Worth knowing; what is deleted or replaced is a warning'
warning\t'Worth a look'
error\t'As failures'"
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s A -l all-namespaces -d 'Select in all namespaces'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l all -d 'Delete all objects of the named types in the namespace'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l now -d 'Give the objects one second to go'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l force -d 'Do not give the objects any time, and do not wait'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -l ignore-not-found -d 'Exit with 0 where a named object does not exist'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s y -l yes -d 'Act without asking'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s i -l interactive -d 'Ask first, whatever is deleted, and also where no terminal is'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l for -d 'Wait for this: create, delete, ready, condition=NAME[=STATUS] or jsonpath=\'{PATH}\'[=VALUE]' -r
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s l -l selector -d 'Select by labels, such as app=web,tier!=cache' -r
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l field-selector -d 'Select by fields, such as metadata.name=web' -r
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l timeout -d 'Wait no longer than this, such as 30s or 5m; 0 looks once, less than 0 waits for a week' -r
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s o -l output -d 'Print the objects in this form' -r -f -a "json\t'Whole objects as JSON'
yaml\t'Whole objects as YAML'
wide\t'Tables with more columns'
name\t'One TYPE/NAME a line'
custom-columns=HEADER:JSONPATH\,...\t'A table of these columns'
custom-columns-file=FILE\t'The same, headers and paths in two lines of a file'
jsonpath=TEMPLATE\t'What a JSONPath template makes of them'
jsonpath-file=FILE\t'The same, from a file'
jsonpath-as-json=TEMPLATE\t'The values of a JSONPath template as a JSON list'
go-template=TEMPLATE\t'What a Go template makes of them'
go-template-file=FILE\t'The same, from a file'"
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s A -l all-namespaces -d 'Select in all namespaces'
complete -c trueup -n "__fish_trueup_using_subcommand wait" -l all -d 'Wait for all objects of the named types in the namespace'
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand wait" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand describe" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand describe" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand describe" -s l -l selector -d 'Select by labels, such as app=web,tier!=cache' -r
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l field-selector -d 'Select by fields, such as metadata.name=web' -r
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l show-events -d 'Show the events about each object' -r -f -a "true\t''
false\t''"
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand describe" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand describe" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand describe" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand describe" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand describe" -s A -l all-namespaces -d 'Select in all namespaces'
complete -c trueup -n "__fish_trueup_using_subcommand describe" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand describe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand describe" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand events" -l for -d 'Show only events about this object' -r
complete -c trueup -n "__fish_trueup_using_subcommand events" -l types -d 'Show only events of these types, Normal or Warning' -r
complete -c trueup -n "__fish_trueup_using_subcommand events" -s o -l output -d 'Print the events in this form' -r -f -a "json\t'Whole objects as JSON'
yaml\t'Whole objects as YAML'
wide\t'Tables with more columns'
name\t'One TYPE/NAME a line'
custom-columns=HEADER:JSONPATH\,...\t'A table of these columns'
custom-columns-file=FILE\t'The same, headers and paths in two lines of a file'
jsonpath=TEMPLATE\t'What a JSONPath template makes of them'
jsonpath-file=FILE\t'The same, from a file'
jsonpath-as-json=TEMPLATE\t'The values of a JSONPath template as a JSON list'
go-template=TEMPLATE\t'What a Go template makes of them'
go-template-file=FILE\t'The same, from a file'"
complete -c trueup -n "__fish_trueup_using_subcommand events" -l chunk-size -d 'Read large lists in pages of this many events; 0 reads all at once' -r
complete -c trueup -n "__fish_trueup_using_subcommand events" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand events" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand events" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand events" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand events" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand events" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand events" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand events" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand events" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand events" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand events" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand events" -s A -l all-namespaces -d 'Show the events of all namespaces'
complete -c trueup -n "__fish_trueup_using_subcommand events" -s w -l watch -d 'Go on showing events as they come'
complete -c trueup -n "__fish_trueup_using_subcommand events" -l no-headers -d 'Leave the headers of the table out'
complete -c trueup -n "__fish_trueup_using_subcommand events" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand events" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand events" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand tree" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand tree" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand tree" -l no-headers -d 'Leave the headers out'
complete -c trueup -n "__fish_trueup_using_subcommand tree" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand tree" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand tree" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -s o -l output -d 'Print the revisions in this form' -r -f -a "json\t'A document in JSON'
yaml\t'The same document in YAML'"
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -l no-headers -d 'Leave the headers out'
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -f -a "show" -d 'Show the manifests of a revision'
complete -c trueup -n "__fish_trueup_using_subcommand history; and not __fish_seen_subcommand_from show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -s o -l output -d 'Print the manifests in this form' -r -f -a "yaml\t'YAML that can be applied, each manifest below where it was written'
json\t'A List in JSON that can be applied'
name\t'One TYPE/NAME a line'"
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -l show-secrets -d 'Show the values of Secrets'
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the manifests of a revision'
complete -c trueup -n "__fish_trueup_using_subcommand history; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l to -d 'Go back to the revision of this number; if not given, to the one before the newest' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l max-deletions -d 'Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l history-limit -d 'Keep so many revisions of the set; 0 keeps none, and removes those that there are' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l message -d 'Say in the history what this apply is about, such as the revision of the manifests\' source' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l dry-run -d 'Say what would happen without doing it' -r -f -a "none\t'Do it'
client\t'Only compare with what the server has'
server\t'Let the server say what it would do'"
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -s o -l output -d 'Print the applied objects' -r -f -a "name\t'One name a line'
json\t'JSON, one object after the other'
yaml\t'YAML, one document for each object'"
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l wait -d 'Wait until all applied objects are ready, or until deleted ones are gone; a comma parts both' -r -f -a "ready\t'That each object is ready'
deleted\t'That each deleted object is gone'"
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l timeout -d 'Wait no longer than this for a replaced object to go, for what others depend on, or for all to be ready; 0 waits without end' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l ci -d 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l ci-dir -d 'Write reports that name no file into this directory, which is made where it does not exist' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l ci-full-diff -d 'Write the whole difference to this file, also where a comment is cut; else beside the comment' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l ci-name -d 'Tell these reports from others of the same pipeline by this name, such as staging' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l ci-differences -d 'Count differences as notices, warnings or errors; with errors they are failures in JUnit' -r -f -a "notice\t'Worth knowing; what is deleted or replaced is a warning'
warning\t'Worth a look'
error\t'As failures'"
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l field-manager -d 'Own the applied fields under this name; if not given, under that of the revision' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l replace -d 'Replace objects that cannot be changed in place: delete them and make them anew'
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l atomic -d 'Undo everything that was done if something fails, is interrupted, or is not ready in time where --wait is given'
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l force-conflicts -d 'Take fields over that other managers own'
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l diff -d 'Show the difference of each changed object'
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l show-secrets -d 'Show the values of Secrets in differences'
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -l show-owners -d 'Show the owners of all changed fields in differences, not only those that other managers own'
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -s y -l yes -d 'Act without asking, whatever is deleted or replaced'
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand rollback" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -s A -l all-namespaces -d 'Show the sets of all namespaces'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -l no-headers -d 'Leave the headers out'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -f -a "create" -d 'Make an object the parent of an empty set; one of a custom type has to exist'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -f -a "hand-over" -d 'Say which tool works on a set; every other one refuses to from then on'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and not __fish_seen_subcommand_from create hand-over help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -l to -d 'The tool: trueup, or another one with its version, such as kubectl/v1.36' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make an object the parent of an empty set; one of a custom type has to exist'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from help" -f -a "hand-over" -d 'Say which tool works on a set; every other one refuses to from then on'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l api-version -d 'Look in this group and version' -r
complete -c trueup -n "__fish_trueup_using_subcommand explain" -s o -l output -d 'Print the explanation in this form' -r -f -a "plaintext\t'As kubectl explains'
json\t'A document in JSON'"
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand explain" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand explain" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand explain" -l recursive -d 'Show the names of all fields below, without their descriptions'
complete -c trueup -n "__fish_trueup_using_subcommand explain" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand explain" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand validate" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l schema -d 'Take CustomResourceDefinitions from this file, directory or URL; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -s l -l selector -d 'Check only the objects with these labels' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l skip -d 'Do not check these kinds, such as Deployment or apps/v1/Deployment' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -s o -l output -d 'Print the faults in this form' -r -f -a "text\t'One fault after the other, with the lines of the manifests'
json\t'A document in JSON'"
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l ci -d 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l ci-dir -d 'Write reports that name no file into this directory, which is made where it does not exist' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l ci-full-diff -d 'Write the whole difference to this file, also where a comment is cut; else beside the comment' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l ci-name -d 'Tell these reports from others of the same pipeline by this name, such as staging' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l ci-differences -d 'Count differences as notices, warnings or errors; with errors they are failures in JUnit' -r -f -a "notice\t'Worth knowing; what is deleted or replaced is a warning'
warning\t'Worth a look'
error\t'As failures'"
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand validate" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand validate" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l ignore-missing-schemas -d 'Pass over objects of kinds that nothing describes'
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l ignore-unknown-fields -d 'Pass over fields that the schemas do not know'
complete -c trueup -n "__fish_trueup_using_subcommand validate" -l deny-warnings -d 'Fail on warnings too'
complete -c trueup -n "__fish_trueup_using_subcommand validate" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand validate" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l namespaced -d 'Show only kinds that live in namespaces, or, with =false, only those that do not' -r -f -a "true\t''
false\t''"
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l api-group -d 'Show only kinds of this group; the empty text is the core group' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l verbs -d 'Show only kinds that understand all of these verbs' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l categories -d 'Show only kinds that are in all of these categories' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l sort-by -d 'Sort by name or kind in place of group and name' -r -f -a "name\t'By the plural name'
kind\t'By the kind'"
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -s o -l output -d 'Print more columns, or names alone' -r -f -a "wide\t'Verbs and categories too'
name\t'One PLURAL.GROUP a line'"
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l cached -d 'Accepted for kubectl\'s sake: the server is asked every time' -r -f -a "true\t''
false\t''"
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -l no-headers -d 'Leave the headers out'
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand api-resources" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand api-versions" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -f -a "whoami" -d 'Show as whom the server knows the caller'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -f -a "can-i" -d 'Say whether the caller may do something'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and not __fish_seen_subcommand_from whoami can-i help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -s o -l output -d 'Print the review in this form' -r -f -a "json\t'JSON'
yaml\t'YAML'"
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from whoami" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l subresource -d 'Ask about a subresource, such as log or scale' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -s A -l all-namespaces -d 'Ask about all namespaces'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l list -d 'Show all that is allowed in the namespace'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -l no-headers -d 'Leave the headers of the list out'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from help" -f -a "whoami" -d 'Show as whom the server knows the caller'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from help" -f -a "can-i" -d 'Say whether the caller may do something'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -f -a "get-contexts" -d 'Show all contexts, or one'
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -f -a "current-context" -d 'Show the name of the current context'
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -f -a "use-context" -d 'Make a context the current one'
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -f -a "set-context" -d 'Set cluster, user or namespace (-n) of a context, which is made where there is none'
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -f -a "view" -d 'Show the kubeconfig, all files as one, without what is secret'
complete -c trueup -n "__fish_trueup_using_subcommand config; and not __fish_seen_subcommand_from get-contexts current-context use-context set-context view help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -s o -l output -d 'Print names only' -r -f -a "name\t'One name a line'"
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -l no-headers -d 'Leave the headers out'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from current-context" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l cluster -d 'The name of its cluster' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l user -d 'The name of its user' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -l current -d 'Change the current context'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -s o -l output -d 'Print the kubeconfig in this form' -r -f -a "json\t'Whole objects as JSON'
yaml\t'Whole objects as YAML'
wide\t'Tables with more columns'
name\t'One TYPE/NAME a line'
custom-columns=HEADER:JSONPATH\,...\t'A table of these columns'
custom-columns-file=FILE\t'The same, headers and paths in two lines of a file'
jsonpath=TEMPLATE\t'What a JSONPath template makes of them'
jsonpath-file=FILE\t'The same, from a file'
jsonpath-as-json=TEMPLATE\t'The values of a JSONPath template as a JSON list'
go-template=TEMPLATE\t'What a Go template makes of them'
go-template-file=FILE\t'The same, from a file'"
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l minify -d 'Show only what the current context, or that of --context, needs'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -l raw -d 'Show what is secret too'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from view" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "get-contexts" -d 'Show all contexts, or one'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "current-context" -d 'Show the name of the current context'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "use-context" -d 'Make a context the current one'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "set-context" -d 'Set cluster, user or namespace (-n) of a context, which is made where there is none'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "view" -d 'Show the kubeconfig, all files as one, without what is secret'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c trueup -n "__fish_trueup_using_subcommand sync" -s f -l filename -d 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -s k -l kustomize -d 'Build the kustomization in a directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l every -d 'Read everything anew and compare it at least this often' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l listen -d 'Answer /healthz, /readyz and /metrics on this address; without a host, on all of this machine\'s' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l applyset -d 'Name the set by its parent: a Secret\'s NAME, or TYPE/NAME' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l applyset-namespace -d 'Say in which namespace the set\'s parent is, where -n does not; its objects may be in several then' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l max-deletions -d 'Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l field-manager -d 'Own the applied fields under this name' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l timeout -d 'Wait no longer than this for a replaced object to go, or for what others depend on; 0 waits without end' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand sync" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand sync" -s R -l recursive -d 'Read directories with everything below them'
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l once -d 'Run once, and say by the exit status how it went'
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l prune -d 'Delete the members of the set that no manifest describes'
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l allow-empty -d 'Prune although the manifests hold no object at all'
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l force-membership -d 'Take objects over that belong to other sets'
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l replace -d 'Replace objects that cannot be changed in place: delete them and make them anew'
complete -c trueup -n "__fish_trueup_using_subcommand sync" -l force-conflicts -d 'Take over also what other managers owned before it was applied'
complete -c trueup -n "__fish_trueup_using_subcommand sync" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand sync" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l listen -d 'Listen on this address; port 0 takes a free one' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l write-kubeconfig -d 'Write the administrator\'s kubeconfig here; else into the data directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l token-auth-file -d 'Accept the tokens in this file: token,user,uid,"group1,group2" on each line' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l cert-dir -d 'Keep certificates in this directory; else in `pki` in the data directory' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l event-ttl -d 'Remove events this long after they were last written; 0s keeps them' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l service-cluster-ip-range -d 'Give services addresses from this network, or from one of each family, parted by a comma' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l service-node-port-range -d 'Give services ports of nodes from this range' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l enable-admission-plugins -d 'Turn these admission plugins on besides those that are on by themselves' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l disable-admission-plugins -d 'Turn these admission plugins off' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l endpoint-reconciler-type -d 'Keep the service `kubernetes` in the namespace `default`: with the servers that are alive as its endpoints, or not at all' -r -f -a "lease\t'By what each server says of itself time and again'
none\t'By nobody: there is no such service'"
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l advertise-address -d 'Say this address in those endpoints; else the one of --listen, unless only this machine reaches it' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l controllers -d 'Run these controllers: *, none, or names parted by commas; -NAME leaves one out' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand serve" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand serve" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand serve" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand serve" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l root-ca-file -d 'Publish the certificate in this file in every namespace, as kube-root-ca.crt; else none is' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l controllers -d 'Run these controllers: *, none, or names parted by commas; -NAME leaves one out' -r
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand controllers" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand completions" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand completions" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand completions" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand completions" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand completions" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand completions" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand completions" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand completions" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand completions" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand completions" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand completions" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand completions" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand completions" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand man" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand man" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand man" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand man" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand man" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand man" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand man" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand man" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand man" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand man" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand man" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand man" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand man" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand version" -s o -l output -d 'Print in this form' -r -f -a "json\t''
yaml\t''"
complete -c trueup -n "__fish_trueup_using_subcommand version" -l local -d 'Use the embedded store in this directory; no server is needed' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand version" -l etcd -d 'Use the store in this etcd cluster; no server is needed' -r
complete -c trueup -n "__fish_trueup_using_subcommand version" -l etcd-cafile -d 'Check etcd\'s certificates against the authorities in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand version" -l etcd-certfile -d 'Show etcd the client certificate in this file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand version" -l etcd-keyfile -d 'Use the private key in this file with the client certificate' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand version" -l etcd-user -d 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead' -r
complete -c trueup -n "__fish_trueup_using_subcommand version" -s s -l server -d 'Use the server at this URL' -r
complete -c trueup -n "__fish_trueup_using_subcommand version" -l context -d 'Use this context of the kubeconfig' -r
complete -c trueup -n "__fish_trueup_using_subcommand version" -l kubeconfig -d 'Use this kubeconfig file' -r -F
complete -c trueup -n "__fish_trueup_using_subcommand version" -s n -l namespace -d 'Work in this namespace' -r
complete -c trueup -n "__fish_trueup_using_subcommand version" -l color -d 'Say when to use colour' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it elsewhere too'
always\t'Colour everywhere'
never\t'No colour'"
complete -c trueup -n "__fish_trueup_using_subcommand version" -l client -d 'Do not ask the server'
complete -c trueup -n "__fish_trueup_using_subcommand version" -s q -l quiet -d 'Print data, warnings and errors only'
complete -c trueup -n "__fish_trueup_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c trueup -n "__fish_trueup_using_subcommand version" -s V -l version -d 'Print version'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "apply" -d 'Apply manifests to the target'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "diff" -d 'Show what applying manifests would change'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "plan" -d 'Show what applying manifests would change, and save it to be applied later'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "drift" -d 'Show what others changed of a set since it was last applied'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "dump" -d 'Write live objects as manifests that apply again'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "kustomize" -d 'Print what a kustomization builds'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "get" -d 'Show objects'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "watch" -d 'Show objects and their changes as they come'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "delete" -d 'Delete objects'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "wait" -d 'Wait until objects are as they should be'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "describe" -d 'Show everything about objects, and their events'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "events" -d 'Show events, oldest first'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "tree" -d 'Show an object and what it owns, with the readiness of each'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "history" -d 'Show the revisions of a set'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "rollback" -d 'Apply an earlier revision of a set again'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "sets" -d 'Show sets, make them, and hand them over to other tools'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "explain" -d 'Show what the fields of a kind are for'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "validate" -d 'Check manifests without a server'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "api-resources" -d 'Show the kinds that the server serves'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "api-versions" -d 'Show the versions of the groups that the server serves'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "auth" -d 'Show who one is, and what one may do'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "config" -d 'Show and change kubeconfig files'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "sync" -d 'Keep the target as the manifests say'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "serve" -d 'Serve the API over HTTPS'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "controllers" -d 'Run the controllers against the target'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "man" -d 'Write the manual pages'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "version" -d 'Show the version of this program and of the server'
complete -c trueup -n "__fish_trueup_using_subcommand help; and not __fish_seen_subcommand_from apply diff plan drift dump kustomize get watch delete wait describe events tree history rollback sets explain validate api-resources api-versions auth config sync serve controllers completions man version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c trueup -n "__fish_trueup_using_subcommand help; and __fish_seen_subcommand_from history" -f -a "show" -d 'Show the manifests of a revision'
complete -c trueup -n "__fish_trueup_using_subcommand help; and __fish_seen_subcommand_from sets" -f -a "create" -d 'Make an object the parent of an empty set; one of a custom type has to exist'
complete -c trueup -n "__fish_trueup_using_subcommand help; and __fish_seen_subcommand_from sets" -f -a "hand-over" -d 'Say which tool works on a set; every other one refuses to from then on'
complete -c trueup -n "__fish_trueup_using_subcommand help; and __fish_seen_subcommand_from auth" -f -a "whoami" -d 'Show as whom the server knows the caller'
complete -c trueup -n "__fish_trueup_using_subcommand help; and __fish_seen_subcommand_from auth" -f -a "can-i" -d 'Say whether the caller may do something'
complete -c trueup -n "__fish_trueup_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "get-contexts" -d 'Show all contexts, or one'
complete -c trueup -n "__fish_trueup_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "current-context" -d 'Show the name of the current context'
complete -c trueup -n "__fish_trueup_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "use-context" -d 'Make a context the current one'
complete -c trueup -n "__fish_trueup_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "set-context" -d 'Set cluster, user or namespace (-n) of a context, which is made where there is none'
complete -c trueup -n "__fish_trueup_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "view" -d 'Show the kubeconfig, all files as one, without what is secret'

# What only the target knows (kinds, names, namespaces, contexts, sets) is asked of the program.
function __fish_trueup_ask
    set -l typed (commandline -opc)
    command trueup __complete -- $typed[2..-1] (commandline -ct) 2>/dev/null </dev/null
end

complete -c trueup -s n -l namespace -x -a '(__fish_trueup_ask)'
complete -c trueup -l context -x -a '(__fish_trueup_ask)'
complete -c trueup -l applyset -x -a '(__fish_trueup_ask)'
complete -c trueup -l applyset-namespace -x -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand dump" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand get" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand watch" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand delete" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand wait" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand describe" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand tree" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand explain" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand auth; and __fish_seen_subcommand_from can-i" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from use-context" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from get-contexts" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand config; and __fish_seen_subcommand_from set-context" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from create" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand sets; and __fish_seen_subcommand_from hand-over" -f -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand events" -l for -x -a '(__fish_trueup_ask)'
complete -c trueup -n "__fish_trueup_using_subcommand completions" -f -a 'bash zsh fish powershell'
