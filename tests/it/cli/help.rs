use crate::harness::cli::{TestEnv, assert_shows};

#[test]
fn the_front_page_names_commands_and_targets() {
    let env = TestEnv::new();
    assert_shows!(env.run("--help"), @"
    Bring what is up to what is declared

    Usage: trueup [OPTIONS] <COMMAND>

    Commands:
      apply          Apply manifests to the target
      diff           Show what applying manifests would change
      plan           Show what applying manifests would change, and save it to be applied later
      drift          Show what others changed of a set since it was last applied
      dump           Write live objects as manifests that apply again
      kustomize      Print what a kustomization builds
      get            Show objects
      watch          Show objects and their changes as they come
      delete         Delete objects
      wait           Wait until objects are as they should be
      describe       Show everything about objects, and their events
      events         Show events, oldest first
      tree           Show an object and what it owns, with the readiness of each
      history        Show the revisions of a set
      rollback       Apply an earlier revision of a set again
      sets           Show sets, make them, and hand them over to other tools
      explain        Show what the fields of a kind are for
      validate       Check manifests without a server
      api-resources  Show the kinds that the server serves
      api-versions   Show the versions of the groups that the server serves
      auth           Show who one is, and what one may do
      config         Show and change kubeconfig files
      sync           Keep the target as the manifests say
      serve          Serve the API over HTTPS
      controllers    Run the controllers against the target
      completions    Print a completion script for a shell
      man            Write the manual pages
      version        Show the version of this program and of the server
      help           Print this message or the help of the given subcommand(s)

    Options:
      -n, --namespace <NAME>
              Work in this namespace

          --color <WHEN>
              Say when to use colour

              Possible values:
              - auto:   Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it
                elsewhere too
              - always: Colour everywhere
              - never:  No colour
              
              [default: auto]

      -q, --quiet
              Print data, warnings and errors only

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Target:
          --local <DIR>
              Use the embedded store in this directory; no server is needed

          --etcd <URLS>
              Use the store in this etcd cluster; no server is needed

          --etcd-cafile <FILE>
              Check etcd's certificates against the authorities in this file

          --etcd-certfile <FILE>
              Show etcd the client certificate in this file

          --etcd-keyfile <FILE>
              Use the private key in this file with the client certificate

          --etcd-user <USER[:PASSWORD]>
              Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead

      -s, --server <URL>
              Use the server at this URL

          --context <NAME>
              Use this context of the kubeconfig

          --kubeconfig <FILE>
              Use this kubeconfig file

    Examples:
      trueup diff -f deploy/                     show what an apply would change
      trueup apply -f deploy/                    apply it to the target
      trueup --local ./data get deployments      read a store without any server
      trueup --context staging get all -A        read a cluster

    Targets, the first that is given wins:
      --local DIR, --etcd URLS, --server URL, --context NAME, --kubeconfig FILE
      TRUEUP_LOCAL, TRUEUP_ETCD, TRUEUP_SERVER, KUBECONFIG
      the current context of ~/.kube/config
      the local store in the user's data directory
    ");
    assert_shows!(env.run(""), @"
    [stderr]
    Bring what is up to what is declared

    Usage: trueup [OPTIONS] <COMMAND>

    Commands:
      apply          Apply manifests to the target
      diff           Show what applying manifests would change
      plan           Show what applying manifests would change, and save it to be applied later
      drift          Show what others changed of a set since it was last applied
      dump           Write live objects as manifests that apply again
      kustomize      Print what a kustomization builds
      get            Show objects
      watch          Show objects and their changes as they come
      delete         Delete objects
      wait           Wait until objects are as they should be
      describe       Show everything about objects, and their events
      events         Show events, oldest first
      tree           Show an object and what it owns, with the readiness of each
      history        Show the revisions of a set
      rollback       Apply an earlier revision of a set again
      sets           Show sets, make them, and hand them over to other tools
      explain        Show what the fields of a kind are for
      validate       Check manifests without a server
      api-resources  Show the kinds that the server serves
      api-versions   Show the versions of the groups that the server serves
      auth           Show who one is, and what one may do
      config         Show and change kubeconfig files
      sync           Keep the target as the manifests say
      serve          Serve the API over HTTPS
      controllers    Run the controllers against the target
      completions    Print a completion script for a shell
      man            Write the manual pages
      version        Show the version of this program and of the server
      help           Print this message or the help of the given subcommand(s)

    Options:
      -n, --namespace <NAME>  Work in this namespace
          --color <WHEN>      Say when to use colour [default: auto] [possible values: auto, always,
                              never]
      -q, --quiet             Print data, warnings and errors only
      -h, --help              Print help (see more with '--help')
      -V, --version           Print version

    Target:
          --local <DIR>                  Use the embedded store in this directory; no server is needed
          --etcd <URLS>                  Use the store in this etcd cluster; no server is needed
          --etcd-cafile <FILE>           Check etcd's certificates against the authorities in this file
          --etcd-certfile <FILE>         Show etcd the client certificate in this file
          --etcd-keyfile <FILE>          Use the private key in this file with the client certificate
          --etcd-user <USER[:PASSWORD]>  Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD
                                         instead
      -s, --server <URL>                 Use the server at this URL
          --context <NAME>               Use this context of the kubeconfig
          --kubeconfig <FILE>            Use this kubeconfig file
    [exit 2]
    ");
}

#[test]
fn every_command_explains_itself() {
    let env = TestEnv::new();
    assert_shows!(env.run("serve --help"), @r#"
    Serve the API over HTTPS

    Usage: trueup serve [OPTIONS]

    Options:
          --listen <ADDR>
              Listen on this address; port 0 takes a free one
              
              [default: 127.0.0.1:6443]

          --write-kubeconfig <PATH>
              Write the administrator's kubeconfig here; else into the data directory

          --token-auth-file <FILE>
              Accept the tokens in this file: token,user,uid,"group1,group2" on each line

          --cert-dir <DIR>
              Keep certificates in this directory; else in `pki` in the data directory

          --event-ttl <DURATION>
              Remove events this long after they were last written; 0s keeps them
              
              [default: 1h]

          --service-cluster-ip-range <CIDR>
              Give services addresses from this network, or from one of each family, parted by a comma
              
              [default: 10.96.0.0/12]

          --service-node-port-range <RANGE>
              Give services ports of nodes from this range
              
              [default: 30000-32767]

          --enable-admission-plugins <NAME>
              Turn these admission plugins on besides those that are on by themselves

          --disable-admission-plugins <NAME>
              Turn these admission plugins off

          --endpoint-reconciler-type <TYPE>
              Keep the service `kubernetes` in the namespace `default`: with the servers that are alive
              as its endpoints, or not at all

              Possible values:
              - lease: By what each server says of itself time and again
              - none:  By nobody: there is no such service
              
              [default: lease]

      -n, --namespace <NAME>
              Work in this namespace

          --advertise-address <IP>
              Say this address in those endpoints; else the one of --listen, unless only this machine
              reaches it

          --color <WHEN>
              Say when to use colour

              Possible values:
              - auto:   Colour on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE asks for it
                elsewhere too
              - always: Colour everywhere
              - never:  No colour
              
              [default: auto]

          --controllers <LIST>
              Run these controllers: *, none, or names parted by commas; -NAME leaves one out
              
              [default: *]

      -q, --quiet
              Print data, warnings and errors only

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Target:
          --local <DIR>
              Use the embedded store in this directory; no server is needed

          --etcd <URLS>
              Use the store in this etcd cluster; no server is needed

          --etcd-cafile <FILE>
              Check etcd's certificates against the authorities in this file

          --etcd-certfile <FILE>
              Show etcd the client certificate in this file

          --etcd-keyfile <FILE>
              Use the private key in this file with the client certificate

          --etcd-user <USER[:PASSWORD]>
              Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD instead

      -s, --server <URL>
              Use the server at this URL

          --context <NAME>
              Use this context of the kubeconfig

          --kubeconfig <FILE>
              Use this kubeconfig file

    Examples:
      trueup serve                                     the local store in the user's data directory
      trueup serve --local ./data --listen [::1]:6443  a store in a directory, on another address
      trueup serve --etcd http://127.0.0.1:2379        a store in etcd; several servers may share it
      trueup serve --write-kubeconfig ./kubeconfig     for kubectl --kubeconfig ./kubeconfig
    "#);
    assert_shows!(env.run("apply -h"), @"
    Apply manifests to the target

    Usage: trueup apply [OPTIONS] [PLAN]

    Arguments:
      [PLAN]  Carry out this plan, which `trueup plan -o` saved

    Options:
      -f, --filename <FILE>       Read manifests from a file, a directory, a URL, or - for standard
                                  input; may be given several times
      -k, --kustomize <DIR>       Build the kustomization in a directory
      -R, --recursive             Read directories with everything below them
      -l, --selector <SELECTOR>   Apply only the objects with these labels
      -n, --namespace <NAME>      Work in this namespace
          --color <WHEN>          Say when to use colour [default: auto] [possible values: auto, always,
                                  never]
      -q, --quiet                 Print data, warnings and errors only
          --dry-run[=<HOW>]       Say what would happen without doing it [default: none] [possible
                                  values: none, client, server]
          --replace               Replace objects that cannot be changed in place: delete them and make
                                  them anew
          --atomic                Undo everything that was done if something fails, is interrupted, or
                                  is not ready in time where --wait is given
          --force-conflicts       Take fields over that other managers own
          --diff                  Show the difference of each changed object
          --show-secrets          Show the values of Secrets in differences
          --show-owners           Show the owners of all changed fields in differences, not only those
                                  that other managers own
      -o, --output <FORM>         Print the applied objects [possible values: name, json, yaml]
          --wait[=<WHAT>]         Wait until all applied objects are ready, or until deleted ones are
                                  gone; a comma parts both [possible values: ready, deleted]
      -y, --yes                   Act without asking, whatever is deleted or replaced
          --timeout <TIME>        Wait no longer than this for a replaced object to go, for what others
                                  depend on, or for all to be ready; 0 waits without end [default: 5m]
          --any-target            Apply a saved plan here although it was made for a target of another
                                  name
          --field-manager <NAME>  Own the applied fields under this name [default: trueup]
      -h, --help                  Print help (see more with '--help')
      -V, --version               Print version

    Sets:
          --applyset <NAME>                 Name the set by its parent: a Secret's NAME, or TYPE/NAME
          --applyset-namespace <NAMESPACE>  Say in which namespace the set's parent is, where -n does
                                            not; its objects may be in several then
          --prune                           Delete the members of the set that no manifest describes
          --max-deletions <MOST>            Prune no more objects than this, a number or a share such as
                                            50%; if not given, 20%, and 5 in any case
          --allow-empty                     Prune although the manifests hold no object at all
          --force-membership                Take objects over that belong to other sets
          --history-limit <N>               Keep so many revisions of the set; 0 keeps none, and removes
                                            those that there are [default: 10]
          --message <TEXT>                  Say in the history what this apply is about, such as the
                                            revision of the manifests' source

    Pipeline:
          --ci <FORMAT[=FILE]>      Report to a pipeline as github, gitlab, dotenv, junit, sarif or
                                    markdown, each but github into a file, such as junit=report.xml; may
                                    be given several times
          --ci-dir <DIR>            Write reports that name no file into this directory, which is made
                                    where it does not exist
          --ci-full-diff <FILE>     Write the whole difference to this file, also where a comment is
                                    cut; else beside the comment
          --ci-name <NAME>          Tell these reports from others of the same pipeline by this name,
                                    such as staging
          --ci-differences <LEVEL>  Count differences as notices, warnings or errors; with errors they
                                    are failures in JUnit [possible values: notice, warning, error]

    Target:
          --local <DIR>                  Use the embedded store in this directory; no server is needed
          --etcd <URLS>                  Use the store in this etcd cluster; no server is needed
          --etcd-cafile <FILE>           Check etcd's certificates against the authorities in this file
          --etcd-certfile <FILE>         Show etcd the client certificate in this file
          --etcd-keyfile <FILE>          Use the private key in this file with the client certificate
          --etcd-user <USER[:PASSWORD]>  Log in to etcd; the password may stand in TRUEUP_ETCD_PASSWORD
                                         instead
      -s, --server <URL>                 Use the server at this URL
          --context <NAME>               Use this context of the kubeconfig
          --kubeconfig <FILE>            Use this kubeconfig file
    ");
    for command in ["apply", "diff", "get", "watch", "delete", "completions", "version"] {
        let output = env.run(&format!("{command} --help"));
        assert_eq!((output.code(), output.stderr.as_str()), (Some(0), ""));
        assert!(output.stdout.contains(&format!("Usage: trueup {command}")), "{output}");
        assert!(output.stdout.lines().all(|line| line.chars().count() <= 100), "{output}");
    }
}

#[test]
fn wrong_arguments_are_a_usage_error_with_a_way_out() {
    let env = TestEnv::new();
    assert_shows!(env.run("aply -f x"), @r"
    [stderr]
    error: unrecognized subcommand 'aply'

      tip: a similar subcommand exists: 'apply'

    Usage: trueup [OPTIONS] <COMMAND>

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("apply --file x"), @"
    [stderr]
    error: unexpected argument '--file' found

      tip: a similar argument exists: '--filename'

    Usage: trueup apply --filename <FILE> [PLAN]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("apply -f x --dry-run=maybe"), @r"
    [stderr]
    error: invalid value 'maybe' for '--dry-run[=<HOW>]'
      [possible values: none, client, server]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("apply -f x --server-side=false"), @r"
    [stderr]
    error: --server-side=false is not supported: every apply is a server-side apply
    [exit 2]
    ");
    assert_shows!(env.run("apply -f x --show-secrets"), @"
    [stderr]
    error: the following required arguments were not provided:
      --diff

    Usage: trueup apply --diff --filename <FILE> --show-secrets [PLAN]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("serve --listen nowhere"), @r"
    [stderr]
    error: invalid value 'nowhere' for '--listen <ADDR>': invalid socket address syntax

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("serve --controllers cron"), @r#"
    [stderr]
    error: invalid value 'cron' for '--controllers <LIST>': unknown controller "cron": known are crd, gc, namespace, resourcequota, root-ca-cert-publisher, serviceaccount, validatingadmissionpolicy-status, with * for all and none for no controller

    For more information, try '--help'.
    [exit 2]
    "#);
    assert_shows!(env.run("get pods -l a==="), @r#"
    [stderr]
    error: from server (BadRequest): unable to parse requirement: invalid label value "=": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?') in "a==="
    [exit 1]
    "#);
}

#[test]
fn the_version_needs_no_target() {
    let env = TestEnv::without_target();
    assert_shows!(env.run("version"), @"Client Version: v0.1.0");
    assert_shows!(env.run("version -o json"), @r#"
    {
        "clientVersion": {
            "gitVersion": "v0.1.0"
        }
    }
    "#);
    assert_shows!(env.run("version --client -o yaml"), @r"
    clientVersion:
      gitVersion: v0.1.0
    ");
    assert_shows!(env.run("--version"), @"trueup 0.1.0");
}

#[test]
fn completions_are_those_of_the_repository() {
    let env = TestEnv::without_target();
    let files = [("bash", "trueup.bash"), ("zsh", "_trueup"), ("fish", "trueup.fish"), ("powershell", "trueup.ps1")];
    for (shell, file) in files {
        let output = env.run(&format!("completions {shell}"));
        let expected = std::fs::read_to_string(format!("{}/completions/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(output.stdout == expected, "run `trueup completions {shell}` and put what it prints into completions/{file}");
        assert!(expected.contains("serve"));
    }
    assert_shows!(env.run("completions tcsh"), @r"
    [stderr]
    error: invalid value 'tcsh' for '<SHELL>'
      [possible values: bash, zsh, fish, powershell]

      tip: a similar value exists: 'zsh'

    For more information, try '--help'.
    [exit 2]
    ");
}
