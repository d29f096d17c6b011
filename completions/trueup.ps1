
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'trueup' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # What only the target knows (kinds, names, namespaces, contexts, sets) is asked of the program.
    $line = $commandAst.ToString()
    if ($wordToComplete -eq '') { $line += ' ' }
    $found = @(& trueup __complete --line $line 2>$null)
    if ($found.Count -gt 0) {
        return $found | ForEach-Object { [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_) }
    }

    $commandElements = $commandAst.CommandElements
    $command = @(
        'trueup'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'trueup' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Apply manifests to the target')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what applying manifests would change')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what applying manifests would change, and save it to be applied later')
            [CompletionResult]::new('drift', 'drift', [CompletionResultType]::ParameterValue, 'Show what others changed of a set since it was last applied')
            [CompletionResult]::new('dump', 'dump', [CompletionResultType]::ParameterValue, 'Write live objects as manifests that apply again')
            [CompletionResult]::new('kustomize', 'kustomize', [CompletionResultType]::ParameterValue, 'Print what a kustomization builds')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Show objects')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Show objects and their changes as they come')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete objects')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Wait until objects are as they should be')
            [CompletionResult]::new('describe', 'describe', [CompletionResultType]::ParameterValue, 'Show everything about objects, and their events')
            [CompletionResult]::new('events', 'events', [CompletionResultType]::ParameterValue, 'Show events, oldest first')
            [CompletionResult]::new('tree', 'tree', [CompletionResultType]::ParameterValue, 'Show an object and what it owns, with the readiness of each')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the revisions of a set')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Apply an earlier revision of a set again')
            [CompletionResult]::new('sets', 'sets', [CompletionResultType]::ParameterValue, 'Show sets, make them, and hand them over to other tools')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show what the fields of a kind are for')
            [CompletionResult]::new('validate', 'validate', [CompletionResultType]::ParameterValue, 'Check manifests without a server')
            [CompletionResult]::new('api-resources', 'api-resources', [CompletionResultType]::ParameterValue, 'Show the kinds that the server serves')
            [CompletionResult]::new('api-versions', 'api-versions', [CompletionResultType]::ParameterValue, 'Show the versions of the groups that the server serves')
            [CompletionResult]::new('auth', 'auth', [CompletionResultType]::ParameterValue, 'Show who one is, and what one may do')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show and change kubeconfig files')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Keep the target as the manifests say')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the API over HTTPS')
            [CompletionResult]::new('controllers', 'controllers', [CompletionResultType]::ParameterValue, 'Run the controllers against the target')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show the version of this program and of the server')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'trueup;apply' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Apply only the objects with these labels')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Apply only the objects with these labels')
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('--max-deletions', '--max-deletions', [CompletionResultType]::ParameterName, 'Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case')
            [CompletionResult]::new('--history-limit', '--history-limit', [CompletionResultType]::ParameterName, 'Keep so many revisions of the set; 0 keeps none, and removes those that there are')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'Say in the history what this apply is about, such as the revision of the manifests'' source')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would happen without doing it')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the applied objects')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the applied objects')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until all applied objects are ready, or until deleted ones are gone; a comma parts both')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait no longer than this for a replaced object to go, for what others depend on, or for all to be ready; 0 waits without end')
            [CompletionResult]::new('--ci', '--ci', [CompletionResultType]::ParameterName, 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times')
            [CompletionResult]::new('--ci-dir', '--ci-dir', [CompletionResultType]::ParameterName, 'Write reports that name no file into this directory, which is made where it does not exist')
            [CompletionResult]::new('--ci-full-diff', '--ci-full-diff', [CompletionResultType]::ParameterName, 'Write the whole difference to this file, also where a comment is cut; else beside the comment')
            [CompletionResult]::new('--ci-name', '--ci-name', [CompletionResultType]::ParameterName, 'Tell these reports from others of the same pipeline by this name, such as staging')
            [CompletionResult]::new('--ci-differences', '--ci-differences', [CompletionResultType]::ParameterName, 'Count differences as notices, warnings or errors; with errors they are failures in JUnit')
            [CompletionResult]::new('--field-manager', '--field-manager', [CompletionResultType]::ParameterName, 'Own the applied fields under this name')
            [CompletionResult]::new('--server-side', '--server-side', [CompletionResultType]::ParameterName, 'Accepted for kubectl''s sake: every apply is a server-side apply')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--prune', '--prune', [CompletionResultType]::ParameterName, 'Delete the members of the set that no manifest describes')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Prune although the manifests hold no object at all')
            [CompletionResult]::new('--force-membership', '--force-membership', [CompletionResultType]::ParameterName, 'Take objects over that belong to other sets')
            [CompletionResult]::new('--replace', '--replace', [CompletionResultType]::ParameterName, 'Replace objects that cannot be changed in place: delete them and make them anew')
            [CompletionResult]::new('--atomic', '--atomic', [CompletionResultType]::ParameterName, 'Undo everything that was done if something fails, is interrupted, or is not ready in time where --wait is given')
            [CompletionResult]::new('--force-conflicts', '--force-conflicts', [CompletionResultType]::ParameterName, 'Take fields over that other managers own')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Show the difference of each changed object')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the values of Secrets in differences')
            [CompletionResult]::new('--show-owners', '--show-owners', [CompletionResultType]::ParameterName, 'Show the owners of all changed fields in differences, not only those that other managers own')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Act without asking, whatever is deleted or replaced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Act without asking, whatever is deleted or replaced')
            [CompletionResult]::new('--any-target', '--any-target', [CompletionResultType]::ParameterName, 'Apply a saved plan here although it was made for a target of another name')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;diff' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Compare only the objects with these labels')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Compare only the objects with these labels')
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('--max-deletions', '--max-deletions', [CompletionResultType]::ParameterName, 'Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case')
            [CompletionResult]::new('--against', '--against', [CompletionResultType]::ParameterName, 'Compare with the revision of this number: the set as it is with what the revision declares, or, with -f, what the manifests declare with what the revision declared')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Show the differences in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Show the differences in this form')
            [CompletionResult]::new('--field-manager', '--field-manager', [CompletionResultType]::ParameterName, 'Assume that the fields are owned under this name')
            [CompletionResult]::new('--server-side', '--server-side', [CompletionResultType]::ParameterName, 'Accepted for kubectl''s sake: every comparison is made by the server')
            [CompletionResult]::new('--ci', '--ci', [CompletionResultType]::ParameterName, 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times')
            [CompletionResult]::new('--ci-dir', '--ci-dir', [CompletionResultType]::ParameterName, 'Write reports that name no file into this directory, which is made where it does not exist')
            [CompletionResult]::new('--ci-full-diff', '--ci-full-diff', [CompletionResultType]::ParameterName, 'Write the whole difference to this file, also where a comment is cut; else beside the comment')
            [CompletionResult]::new('--ci-name', '--ci-name', [CompletionResultType]::ParameterName, 'Tell these reports from others of the same pipeline by this name, such as staging')
            [CompletionResult]::new('--ci-differences', '--ci-differences', [CompletionResultType]::ParameterName, 'Count differences as notices, warnings or errors; with errors they are failures in JUnit')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--prune', '--prune', [CompletionResultType]::ParameterName, 'Delete the members of the set that no manifest describes')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Prune although the manifests hold no object at all')
            [CompletionResult]::new('--force-membership', '--force-membership', [CompletionResultType]::ParameterName, 'Take objects over that belong to other sets')
            [CompletionResult]::new('--detailed-exitcode', '--detailed-exitcode', [CompletionResultType]::ParameterName, 'Exit with 2 where something differs and with 1 where something failed, as terraform does')
            [CompletionResult]::new('--show-owners', '--show-owners', [CompletionResultType]::ParameterName, 'Show the owners of all changed fields, not only those that other managers own')
            [CompletionResult]::new('--side-by-side', '--side-by-side', [CompletionResultType]::ParameterName, 'Show both states next to each other, where the terminal has at least 80 columns')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Print long differences to the terminal at once')
            [CompletionResult]::new('--force-conflicts', '--force-conflicts', [CompletionResultType]::ParameterName, 'Assume that fields of other managers are taken over')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the values of Secrets')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;plan' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Plan only the objects with these labels')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Plan only the objects with these labels')
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('--max-deletions', '--max-deletions', [CompletionResultType]::ParameterName, 'Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Save the plan to this file')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Save the plan to this file')
            [CompletionResult]::new('--field-manager', '--field-manager', [CompletionResultType]::ParameterName, 'Own the applied fields under this name')
            [CompletionResult]::new('--ci', '--ci', [CompletionResultType]::ParameterName, 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times')
            [CompletionResult]::new('--ci-dir', '--ci-dir', [CompletionResultType]::ParameterName, 'Write reports that name no file into this directory, which is made where it does not exist')
            [CompletionResult]::new('--ci-full-diff', '--ci-full-diff', [CompletionResultType]::ParameterName, 'Write the whole difference to this file, also where a comment is cut; else beside the comment')
            [CompletionResult]::new('--ci-name', '--ci-name', [CompletionResultType]::ParameterName, 'Tell these reports from others of the same pipeline by this name, such as staging')
            [CompletionResult]::new('--ci-differences', '--ci-differences', [CompletionResultType]::ParameterName, 'Count differences as notices, warnings or errors; with errors they are failures in JUnit')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--prune', '--prune', [CompletionResultType]::ParameterName, 'Delete the members of the set that no manifest describes')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Prune although the manifests hold no object at all')
            [CompletionResult]::new('--force-membership', '--force-membership', [CompletionResultType]::ParameterName, 'Take objects over that belong to other sets')
            [CompletionResult]::new('--include-secrets', '--include-secrets', [CompletionResultType]::ParameterName, 'Save the values of Secrets too; without them, a plan that changes Secrets cannot be applied')
            [CompletionResult]::new('--force-conflicts', '--force-conflicts', [CompletionResultType]::ParameterName, 'Take fields over that other managers own')
            [CompletionResult]::new('--show-owners', '--show-owners', [CompletionResultType]::ParameterName, 'Show the owners of all changed fields, not only those that other managers own')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the values of Secrets')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;drift' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Look only at the objects with these labels')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Look only at the objects with these labels')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Show drift in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Show drift in this form')
            [CompletionResult]::new('--field-manager', '--field-manager', [CompletionResultType]::ParameterName, 'Take this manager for the one in whose name the set is applied; if not given, trueup, or whoever the set''s history names')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 1 where something drifted and with 2 where something failed')
            [CompletionResult]::new('--detailed-exitcode', '--detailed-exitcode', [CompletionResultType]::ParameterName, 'Exit with 2 where something drifted and with 1 where something failed, as terraform does')
            [CompletionResult]::new('--all-fields', '--all-fields', [CompletionResultType]::ParameterName, 'Take what others set beside the set for drift too')
            [CompletionResult]::new('--show-pending', '--show-pending', [CompletionResultType]::ParameterName, 'Show also where the set has changed since it was applied')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the values of Secrets')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;dump' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--field-selector', '--field-selector', [CompletionResultType]::ParameterName, 'Select by fields, such as metadata.name=web')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the manifests in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the manifests in this form')
            [CompletionResult]::new('--output-dir', '--output-dir', [CompletionResultType]::ParameterName, 'Write a file for each object to this folder, which is made where it does not exist')
            [CompletionResult]::new('--defaults', '--defaults', [CompletionResultType]::ParameterName, 'Keep what is the default of a built-in kind, or leave it out')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--include-secrets', '--include-secrets', [CompletionResultType]::ParameterName, 'Write Secrets too, with their values in clear; their files can be read by the user alone')
            [CompletionResult]::new('--owned', '--owned', [CompletionResultType]::ParameterName, 'Write objects too that controllers made')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;kustomize' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;get' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--field-selector', '--field-selector', [CompletionResultType]::ParameterName, 'Select by fields, such as metadata.name=web')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print objects in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print objects in this form')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Show these labels as columns of tables')
            [CompletionResult]::new('--label-columns', '--label-columns', [CompletionResultType]::ParameterName, 'Show these labels as columns of tables')
            [CompletionResult]::new('--sort-by', '--sort-by', [CompletionResultType]::ParameterName, 'Sort by a field, given as a JSONPath such as .metadata.name; each kind by itself where tables are shown')
            [CompletionResult]::new('--subresource', '--subresource', [CompletionResultType]::ParameterName, 'Read a subresource of named objects, such as status or scale')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Read this path of the API and print the answer as it is')
            [CompletionResult]::new('--chunk-size', '--chunk-size', [CompletionResultType]::ParameterName, 'Read large lists in pages of this many objects; 0 reads all at once')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave the headers of tables out')
            [CompletionResult]::new('--show-labels', '--show-labels', [CompletionResultType]::ParameterName, 'Show labels as the last column of tables')
            [CompletionResult]::new('--show-kind', '--show-kind', [CompletionResultType]::ParameterName, 'Show the kind before each name in tables')
            [CompletionResult]::new('--show-managed-fields', '--show-managed-fields', [CompletionResultType]::ParameterName, 'Keep metadata.managedFields in JSON and YAML')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Go on showing changes as they come')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Go on showing changes as they come')
            [CompletionResult]::new('--watch-only', '--watch-only', [CompletionResultType]::ParameterName, 'Show changes only, not what is there now')
            [CompletionResult]::new('--output-watch-events', '--output-watch-events', [CompletionResultType]::ParameterName, 'Show what happened to each object beside it while watching: as the first column of tables, else as {type, object}')
            [CompletionResult]::new('--ignore-not-found', '--ignore-not-found', [CompletionResultType]::ParameterName, 'Exit with 0 where a named object does not exist')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;watch' {
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--field-selector', '--field-selector', [CompletionResultType]::ParameterName, 'Select by fields, such as metadata.name=web')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print objects in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print objects in this form')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Show these labels as columns of tables')
            [CompletionResult]::new('--label-columns', '--label-columns', [CompletionResultType]::ParameterName, 'Show these labels as columns of tables')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave the headers of tables out')
            [CompletionResult]::new('--show-labels', '--show-labels', [CompletionResultType]::ParameterName, 'Show labels as the last column of tables')
            [CompletionResult]::new('--show-kind', '--show-kind', [CompletionResultType]::ParameterName, 'Show the kind before each name in tables')
            [CompletionResult]::new('--show-managed-fields', '--show-managed-fields', [CompletionResultType]::ParameterName, 'Keep metadata.managedFields in JSON and YAML')
            [CompletionResult]::new('--changes-only', '--changes-only', [CompletionResultType]::ParameterName, 'Show changes only, not what is there now')
            [CompletionResult]::new('--output-watch-events', '--output-watch-events', [CompletionResultType]::ParameterName, 'Show what happened to each object in every form, not in JSON and YAML alone: in tables as the first column')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Show of each event the fields that it changed, with its time and who changed them')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the values of Secrets in --diff')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;delete' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--field-selector', '--field-selector', [CompletionResultType]::ParameterName, 'Select by fields, such as metadata.name=web')
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('--cascade', '--cascade', [CompletionResultType]::ParameterName, 'Say what happens to the objects that the deleted ones own')
            [CompletionResult]::new('--grace-period', '--grace-period', [CompletionResultType]::ParameterName, 'Give the objects this many seconds to go')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until the objects are gone')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait no longer than this, such as 30s or 5m; 0 waits without end')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would happen without doing it')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print names only')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print names only')
            [CompletionResult]::new('--ci', '--ci', [CompletionResultType]::ParameterName, 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times')
            [CompletionResult]::new('--ci-dir', '--ci-dir', [CompletionResultType]::ParameterName, 'Write reports that name no file into this directory, which is made where it does not exist')
            [CompletionResult]::new('--ci-full-diff', '--ci-full-diff', [CompletionResultType]::ParameterName, 'Write the whole difference to this file, also where a comment is cut; else beside the comment')
            [CompletionResult]::new('--ci-name', '--ci-name', [CompletionResultType]::ParameterName, 'Tell these reports from others of the same pipeline by this name, such as staging')
            [CompletionResult]::new('--ci-differences', '--ci-differences', [CompletionResultType]::ParameterName, 'Count differences as notices, warnings or errors; with errors they are failures in JUnit')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Delete all objects of the named types in the namespace')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Give the objects one second to go')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Do not give the objects any time, and do not wait')
            [CompletionResult]::new('--ignore-not-found', '--ignore-not-found', [CompletionResultType]::ParameterName, 'Exit with 0 where a named object does not exist')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Act without asking')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Act without asking')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Ask first, whatever is deleted, and also where no terminal is')
            [CompletionResult]::new('--interactive', '--interactive', [CompletionResultType]::ParameterName, 'Ask first, whatever is deleted, and also where no terminal is')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;wait' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Wait for this: create, delete, ready, condition=NAME[=STATUS] or jsonpath=''{PATH}''[=VALUE]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--field-selector', '--field-selector', [CompletionResultType]::ParameterName, 'Select by fields, such as metadata.name=web')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait no longer than this, such as 30s or 5m; 0 looks once, less than 0 waits for a week')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the objects in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the objects in this form')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Wait for all objects of the named types in the namespace')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;describe' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Select by labels, such as app=web,tier!=cache')
            [CompletionResult]::new('--field-selector', '--field-selector', [CompletionResultType]::ParameterName, 'Select by fields, such as metadata.name=web')
            [CompletionResult]::new('--show-events', '--show-events', [CompletionResultType]::ParameterName, 'Show the events about each object')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'Select in all namespaces')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;events' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Show only events about this object')
            [CompletionResult]::new('--types', '--types', [CompletionResultType]::ParameterName, 'Show only events of these types, Normal or Warning')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the events in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the events in this form')
            [CompletionResult]::new('--chunk-size', '--chunk-size', [CompletionResultType]::ParameterName, 'Read large lists in pages of this many events; 0 reads all at once')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Show the events of all namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'Show the events of all namespaces')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Go on showing events as they come')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Go on showing events as they come')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave the headers of the table out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;tree' {
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave the headers out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;history' {
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the revisions in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the revisions in this form')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave the headers out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the manifests of a revision')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'trueup;history;show' {
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the manifests in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the manifests in this form')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the values of Secrets')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;history;help' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the manifests of a revision')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'trueup;history;help;show' {
            break
        }
        'trueup;history;help;help' {
            break
        }
        'trueup;rollback' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Go back to the revision of this number; if not given, to the one before the newest')
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('--max-deletions', '--max-deletions', [CompletionResultType]::ParameterName, 'Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case')
            [CompletionResult]::new('--history-limit', '--history-limit', [CompletionResultType]::ParameterName, 'Keep so many revisions of the set; 0 keeps none, and removes those that there are')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'Say in the history what this apply is about, such as the revision of the manifests'' source')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would happen without doing it')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the applied objects')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the applied objects')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until all applied objects are ready, or until deleted ones are gone; a comma parts both')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait no longer than this for a replaced object to go, for what others depend on, or for all to be ready; 0 waits without end')
            [CompletionResult]::new('--ci', '--ci', [CompletionResultType]::ParameterName, 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times')
            [CompletionResult]::new('--ci-dir', '--ci-dir', [CompletionResultType]::ParameterName, 'Write reports that name no file into this directory, which is made where it does not exist')
            [CompletionResult]::new('--ci-full-diff', '--ci-full-diff', [CompletionResultType]::ParameterName, 'Write the whole difference to this file, also where a comment is cut; else beside the comment')
            [CompletionResult]::new('--ci-name', '--ci-name', [CompletionResultType]::ParameterName, 'Tell these reports from others of the same pipeline by this name, such as staging')
            [CompletionResult]::new('--ci-differences', '--ci-differences', [CompletionResultType]::ParameterName, 'Count differences as notices, warnings or errors; with errors they are failures in JUnit')
            [CompletionResult]::new('--field-manager', '--field-manager', [CompletionResultType]::ParameterName, 'Own the applied fields under this name; if not given, under that of the revision')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('--replace', '--replace', [CompletionResultType]::ParameterName, 'Replace objects that cannot be changed in place: delete them and make them anew')
            [CompletionResult]::new('--atomic', '--atomic', [CompletionResultType]::ParameterName, 'Undo everything that was done if something fails, is interrupted, or is not ready in time where --wait is given')
            [CompletionResult]::new('--force-conflicts', '--force-conflicts', [CompletionResultType]::ParameterName, 'Take fields over that other managers own')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Show the difference of each changed object')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the values of Secrets in differences')
            [CompletionResult]::new('--show-owners', '--show-owners', [CompletionResultType]::ParameterName, 'Show the owners of all changed fields in differences, not only those that other managers own')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Act without asking, whatever is deleted or replaced')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Act without asking, whatever is deleted or replaced')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;sets' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Show the sets of all namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'Show the sets of all namespaces')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave the headers out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make an object the parent of an empty set; one of a custom type has to exist')
            [CompletionResult]::new('hand-over', 'hand-over', [CompletionResultType]::ParameterValue, 'Say which tool works on a set; every other one refuses to from then on')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'trueup;sets;create' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;sets;hand-over' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The tool: trueup, or another one with its version, such as kubectl/v1.36')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;sets;help' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make an object the parent of an empty set; one of a custom type has to exist')
            [CompletionResult]::new('hand-over', 'hand-over', [CompletionResultType]::ParameterValue, 'Say which tool works on a set; every other one refuses to from then on')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'trueup;sets;help;create' {
            break
        }
        'trueup;sets;help;hand-over' {
            break
        }
        'trueup;sets;help;help' {
            break
        }
        'trueup;explain' {
            [CompletionResult]::new('--api-version', '--api-version', [CompletionResultType]::ParameterName, 'Look in this group and version')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the explanation in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the explanation in this form')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Show the names of all fields below, without their descriptions')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;validate' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'Take CustomResourceDefinitions from this file, directory or URL; may be given several times')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Check only the objects with these labels')
            [CompletionResult]::new('--selector', '--selector', [CompletionResultType]::ParameterName, 'Check only the objects with these labels')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Do not check these kinds, such as Deployment or apps/v1/Deployment')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the faults in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the faults in this form')
            [CompletionResult]::new('--ci', '--ci', [CompletionResultType]::ParameterName, 'Report to a pipeline as github, gitlab, dotenv, junit, sarif or markdown, each but github into a file, such as junit=report.xml; may be given several times')
            [CompletionResult]::new('--ci-dir', '--ci-dir', [CompletionResultType]::ParameterName, 'Write reports that name no file into this directory, which is made where it does not exist')
            [CompletionResult]::new('--ci-full-diff', '--ci-full-diff', [CompletionResultType]::ParameterName, 'Write the whole difference to this file, also where a comment is cut; else beside the comment')
            [CompletionResult]::new('--ci-name', '--ci-name', [CompletionResultType]::ParameterName, 'Tell these reports from others of the same pipeline by this name, such as staging')
            [CompletionResult]::new('--ci-differences', '--ci-differences', [CompletionResultType]::ParameterName, 'Count differences as notices, warnings or errors; with errors they are failures in JUnit')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--ignore-missing-schemas', '--ignore-missing-schemas', [CompletionResultType]::ParameterName, 'Pass over objects of kinds that nothing describes')
            [CompletionResult]::new('--ignore-unknown-fields', '--ignore-unknown-fields', [CompletionResultType]::ParameterName, 'Pass over fields that the schemas do not know')
            [CompletionResult]::new('--deny-warnings', '--deny-warnings', [CompletionResultType]::ParameterName, 'Fail on warnings too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;api-resources' {
            [CompletionResult]::new('--namespaced', '--namespaced', [CompletionResultType]::ParameterName, 'Show only kinds that live in namespaces, or, with =false, only those that do not')
            [CompletionResult]::new('--api-group', '--api-group', [CompletionResultType]::ParameterName, 'Show only kinds of this group; the empty text is the core group')
            [CompletionResult]::new('--verbs', '--verbs', [CompletionResultType]::ParameterName, 'Show only kinds that understand all of these verbs')
            [CompletionResult]::new('--categories', '--categories', [CompletionResultType]::ParameterName, 'Show only kinds that are in all of these categories')
            [CompletionResult]::new('--sort-by', '--sort-by', [CompletionResultType]::ParameterName, 'Sort by name or kind in place of group and name')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print more columns, or names alone')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print more columns, or names alone')
            [CompletionResult]::new('--cached', '--cached', [CompletionResultType]::ParameterName, 'Accepted for kubectl''s sake: the server is asked every time')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave the headers out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;api-versions' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;auth' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show as whom the server knows the caller')
            [CompletionResult]::new('can-i', 'can-i', [CompletionResultType]::ParameterValue, 'Say whether the caller may do something')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'trueup;auth;whoami' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the review in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the review in this form')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;auth;can-i' {
            [CompletionResult]::new('--subresource', '--subresource', [CompletionResultType]::ParameterName, 'Ask about a subresource, such as log or scale')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Ask about all namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'Ask about all namespaces')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Show all that is allowed in the namespace')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave the headers of the list out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;auth;help' {
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show as whom the server knows the caller')
            [CompletionResult]::new('can-i', 'can-i', [CompletionResultType]::ParameterValue, 'Say whether the caller may do something')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'trueup;auth;help;whoami' {
            break
        }
        'trueup;auth;help;can-i' {
            break
        }
        'trueup;auth;help;help' {
            break
        }
        'trueup;config' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('get-contexts', 'get-contexts', [CompletionResultType]::ParameterValue, 'Show all contexts, or one')
            [CompletionResult]::new('current-context', 'current-context', [CompletionResultType]::ParameterValue, 'Show the name of the current context')
            [CompletionResult]::new('use-context', 'use-context', [CompletionResultType]::ParameterValue, 'Make a context the current one')
            [CompletionResult]::new('set-context', 'set-context', [CompletionResultType]::ParameterValue, 'Set cluster, user or namespace (-n) of a context, which is made where there is none')
            [CompletionResult]::new('view', 'view', [CompletionResultType]::ParameterValue, 'Show the kubeconfig, all files as one, without what is secret')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'trueup;config;get-contexts' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print names only')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print names only')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave the headers out')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;config;current-context' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;config;use-context' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;config;set-context' {
            [CompletionResult]::new('--cluster', '--cluster', [CompletionResultType]::ParameterName, 'The name of its cluster')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'The name of its user')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('--current', '--current', [CompletionResultType]::ParameterName, 'Change the current context')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;config;view' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the kubeconfig in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the kubeconfig in this form')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('--minify', '--minify', [CompletionResultType]::ParameterName, 'Show only what the current context, or that of --context, needs')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Show what is secret too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;config;help' {
            [CompletionResult]::new('get-contexts', 'get-contexts', [CompletionResultType]::ParameterValue, 'Show all contexts, or one')
            [CompletionResult]::new('current-context', 'current-context', [CompletionResultType]::ParameterValue, 'Show the name of the current context')
            [CompletionResult]::new('use-context', 'use-context', [CompletionResultType]::ParameterValue, 'Make a context the current one')
            [CompletionResult]::new('set-context', 'set-context', [CompletionResultType]::ParameterValue, 'Set cluster, user or namespace (-n) of a context, which is made where there is none')
            [CompletionResult]::new('view', 'view', [CompletionResultType]::ParameterValue, 'Show the kubeconfig, all files as one, without what is secret')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'trueup;config;help;get-contexts' {
            break
        }
        'trueup;config;help;current-context' {
            break
        }
        'trueup;config;help;use-context' {
            break
        }
        'trueup;config;help;set-context' {
            break
        }
        'trueup;config;help;view' {
            break
        }
        'trueup;config;help;help' {
            break
        }
        'trueup;sync' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Read manifests from a file, a directory, a URL, or - for standard input; may be given several times')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--kustomize', '--kustomize', [CompletionResultType]::ParameterName, 'Build the kustomization in a directory')
            [CompletionResult]::new('--every', '--every', [CompletionResultType]::ParameterName, 'Read everything anew and compare it at least this often')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Answer /healthz, /readyz and /metrics on this address; without a host, on all of this machine''s')
            [CompletionResult]::new('--applyset', '--applyset', [CompletionResultType]::ParameterName, 'Name the set by its parent: a Secret''s NAME, or TYPE/NAME')
            [CompletionResult]::new('--applyset-namespace', '--applyset-namespace', [CompletionResultType]::ParameterName, 'Say in which namespace the set''s parent is, where -n does not; its objects may be in several then')
            [CompletionResult]::new('--max-deletions', '--max-deletions', [CompletionResultType]::ParameterName, 'Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case')
            [CompletionResult]::new('--field-manager', '--field-manager', [CompletionResultType]::ParameterName, 'Own the applied fields under this name')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait no longer than this for a replaced object to go, or for what others depend on; 0 waits without end')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Read directories with everything below them')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'Run once, and say by the exit status how it went')
            [CompletionResult]::new('--prune', '--prune', [CompletionResultType]::ParameterName, 'Delete the members of the set that no manifest describes')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Prune although the manifests hold no object at all')
            [CompletionResult]::new('--force-membership', '--force-membership', [CompletionResultType]::ParameterName, 'Take objects over that belong to other sets')
            [CompletionResult]::new('--replace', '--replace', [CompletionResultType]::ParameterName, 'Replace objects that cannot be changed in place: delete them and make them anew')
            [CompletionResult]::new('--force-conflicts', '--force-conflicts', [CompletionResultType]::ParameterName, 'Take over also what other managers owned before it was applied')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;serve' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Listen on this address; port 0 takes a free one')
            [CompletionResult]::new('--write-kubeconfig', '--write-kubeconfig', [CompletionResultType]::ParameterName, 'Write the administrator''s kubeconfig here; else into the data directory')
            [CompletionResult]::new('--token-auth-file', '--token-auth-file', [CompletionResultType]::ParameterName, 'Accept the tokens in this file: token,user,uid,"group1,group2" on each line')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Keep certificates in this directory; else in `pki` in the data directory')
            [CompletionResult]::new('--event-ttl', '--event-ttl', [CompletionResultType]::ParameterName, 'Remove events this long after they were last written; 0s keeps them')
            [CompletionResult]::new('--service-cluster-ip-range', '--service-cluster-ip-range', [CompletionResultType]::ParameterName, 'Give services addresses from this network, or from one of each family, parted by a comma')
            [CompletionResult]::new('--service-node-port-range', '--service-node-port-range', [CompletionResultType]::ParameterName, 'Give services ports of nodes from this range')
            [CompletionResult]::new('--enable-admission-plugins', '--enable-admission-plugins', [CompletionResultType]::ParameterName, 'Turn these admission plugins on besides those that are on by themselves')
            [CompletionResult]::new('--disable-admission-plugins', '--disable-admission-plugins', [CompletionResultType]::ParameterName, 'Turn these admission plugins off')
            [CompletionResult]::new('--endpoint-reconciler-type', '--endpoint-reconciler-type', [CompletionResultType]::ParameterName, 'Keep the service `kubernetes` in the namespace `default`: with the servers that are alive as its endpoints, or not at all')
            [CompletionResult]::new('--advertise-address', '--advertise-address', [CompletionResultType]::ParameterName, 'Say this address in those endpoints; else the one of --listen, unless only this machine reaches it')
            [CompletionResult]::new('--controllers', '--controllers', [CompletionResultType]::ParameterName, 'Run these controllers: *, none, or names parted by commas; -NAME leaves one out')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;controllers' {
            [CompletionResult]::new('--root-ca-file', '--root-ca-file', [CompletionResultType]::ParameterName, 'Publish the certificate in this file in every namespace, as kube-root-ca.crt; else none is')
            [CompletionResult]::new('--controllers', '--controllers', [CompletionResultType]::ParameterName, 'Run these controllers: *, none, or names parted by commas; -NAME leaves one out')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;completions' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;man' {
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;version' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print in this form')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print in this form')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Use the embedded store in this directory; no server is needed')
            [CompletionResult]::new('--etcd', '--etcd', [CompletionResultType]::ParameterName, 'Use the store in this etcd cluster; no server is needed')
            [CompletionResult]::new('--etcd-cafile', '--etcd-cafile', [CompletionResultType]::ParameterName, 'Check etcd''s certificates against the authorities in this file')
            [CompletionResult]::new('--etcd-certfile', '--etcd-certfile', [CompletionResultType]::ParameterName, 'Show etcd the client certificate in this file')
            [CompletionResult]::new('--etcd-keyfile', '--etcd-keyfile', [CompletionResultType]::ParameterName, 'Use the private key in this file with the client certificate')
            [CompletionResult]::new('--etcd-user', '--etcd-user', [CompletionResultType]::ParameterName, 'Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Use the server at this URL')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Use this context of the kubeconfig')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Use this kubeconfig file')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Work in this namespace')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Say when to use colour')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Do not ask the server')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print data, warnings and errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'trueup;help' {
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Apply manifests to the target')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what applying manifests would change')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what applying manifests would change, and save it to be applied later')
            [CompletionResult]::new('drift', 'drift', [CompletionResultType]::ParameterValue, 'Show what others changed of a set since it was last applied')
            [CompletionResult]::new('dump', 'dump', [CompletionResultType]::ParameterValue, 'Write live objects as manifests that apply again')
            [CompletionResult]::new('kustomize', 'kustomize', [CompletionResultType]::ParameterValue, 'Print what a kustomization builds')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Show objects')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Show objects and their changes as they come')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete objects')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Wait until objects are as they should be')
            [CompletionResult]::new('describe', 'describe', [CompletionResultType]::ParameterValue, 'Show everything about objects, and their events')
            [CompletionResult]::new('events', 'events', [CompletionResultType]::ParameterValue, 'Show events, oldest first')
            [CompletionResult]::new('tree', 'tree', [CompletionResultType]::ParameterValue, 'Show an object and what it owns, with the readiness of each')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the revisions of a set')
            [CompletionResult]::new('rollback', 'rollback', [CompletionResultType]::ParameterValue, 'Apply an earlier revision of a set again')
            [CompletionResult]::new('sets', 'sets', [CompletionResultType]::ParameterValue, 'Show sets, make them, and hand them over to other tools')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show what the fields of a kind are for')
            [CompletionResult]::new('validate', 'validate', [CompletionResultType]::ParameterValue, 'Check manifests without a server')
            [CompletionResult]::new('api-resources', 'api-resources', [CompletionResultType]::ParameterValue, 'Show the kinds that the server serves')
            [CompletionResult]::new('api-versions', 'api-versions', [CompletionResultType]::ParameterValue, 'Show the versions of the groups that the server serves')
            [CompletionResult]::new('auth', 'auth', [CompletionResultType]::ParameterValue, 'Show who one is, and what one may do')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show and change kubeconfig files')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Keep the target as the manifests say')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the API over HTTPS')
            [CompletionResult]::new('controllers', 'controllers', [CompletionResultType]::ParameterValue, 'Run the controllers against the target')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show the version of this program and of the server')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'trueup;help;apply' {
            break
        }
        'trueup;help;diff' {
            break
        }
        'trueup;help;plan' {
            break
        }
        'trueup;help;drift' {
            break
        }
        'trueup;help;dump' {
            break
        }
        'trueup;help;kustomize' {
            break
        }
        'trueup;help;get' {
            break
        }
        'trueup;help;watch' {
            break
        }
        'trueup;help;delete' {
            break
        }
        'trueup;help;wait' {
            break
        }
        'trueup;help;describe' {
            break
        }
        'trueup;help;events' {
            break
        }
        'trueup;help;tree' {
            break
        }
        'trueup;help;history' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the manifests of a revision')
            break
        }
        'trueup;help;history;show' {
            break
        }
        'trueup;help;rollback' {
            break
        }
        'trueup;help;sets' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Make an object the parent of an empty set; one of a custom type has to exist')
            [CompletionResult]::new('hand-over', 'hand-over', [CompletionResultType]::ParameterValue, 'Say which tool works on a set; every other one refuses to from then on')
            break
        }
        'trueup;help;sets;create' {
            break
        }
        'trueup;help;sets;hand-over' {
            break
        }
        'trueup;help;explain' {
            break
        }
        'trueup;help;validate' {
            break
        }
        'trueup;help;api-resources' {
            break
        }
        'trueup;help;api-versions' {
            break
        }
        'trueup;help;auth' {
            [CompletionResult]::new('whoami', 'whoami', [CompletionResultType]::ParameterValue, 'Show as whom the server knows the caller')
            [CompletionResult]::new('can-i', 'can-i', [CompletionResultType]::ParameterValue, 'Say whether the caller may do something')
            break
        }
        'trueup;help;auth;whoami' {
            break
        }
        'trueup;help;auth;can-i' {
            break
        }
        'trueup;help;config' {
            [CompletionResult]::new('get-contexts', 'get-contexts', [CompletionResultType]::ParameterValue, 'Show all contexts, or one')
            [CompletionResult]::new('current-context', 'current-context', [CompletionResultType]::ParameterValue, 'Show the name of the current context')
            [CompletionResult]::new('use-context', 'use-context', [CompletionResultType]::ParameterValue, 'Make a context the current one')
            [CompletionResult]::new('set-context', 'set-context', [CompletionResultType]::ParameterValue, 'Set cluster, user or namespace (-n) of a context, which is made where there is none')
            [CompletionResult]::new('view', 'view', [CompletionResultType]::ParameterValue, 'Show the kubeconfig, all files as one, without what is secret')
            break
        }
        'trueup;help;config;get-contexts' {
            break
        }
        'trueup;help;config;current-context' {
            break
        }
        'trueup;help;config;use-context' {
            break
        }
        'trueup;help;config;set-context' {
            break
        }
        'trueup;help;config;view' {
            break
        }
        'trueup;help;sync' {
            break
        }
        'trueup;help;serve' {
            break
        }
        'trueup;help;controllers' {
            break
        }
        'trueup;help;completions' {
            break
        }
        'trueup;help;man' {
            break
        }
        'trueup;help;version' {
            break
        }
        'trueup;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
