# SPDX-License-Identifier: GPL-2.0-or-later
#
# apqctl.fish - completion of apqctl's command line for fish
#
# Verbs, options and what these take are read from "apqctl --help" and "apqctl VERB --help", so that
# they are those of the apqctl that is installed; devices, adapters, domains and queues are those
# that the running apqd knows.

# Runs apqctl on the socket that the command line names (__apqctl_socket). A daemon that does
# not answer must not hang a shell, and COLUMNS, if it is exported, would cut what is printed.
function __apqctl_run
    env -u COLUMNS timeout 2 apqctl $__apqctl_socket $argv 2>/dev/null </dev/null
end

# Prints a table of apqd. That of another machine would take ssh, and maybe a password: none.
function __apqctl_table
    test -n "$__apqctl_remote"; or __apqctl_run $argv --no-headings
end

# Prints UUIDs with names, and names with UUIDs, as candidate and description.
function __apqctl_devices
    __apqctl_table list --full | while read -l uuid name state rest
        if test "$name" = -
            printf '%s\t%s\n' $uuid $state
        else
            printf '%s\t%s\n%s\t%s\n' $uuid $name $name $uuid
        end
    end
end

# Prints the ids of the adapters or domains that are there.
function __apqctl_ids
    switch $argv[1]
        case adapters
            __apqctl_table cards | string replace -rf '^([0-9a-f]{2}) .*' '$1'
        case domains
            __apqctl_table queues | string replace -rf '^[0-9a-f]{2}\.([0-9a-f]{4}) .*' '$1' | sort -u
    end
end

# Prints what the list $argv[2] of adapters or domains can become by one more number. Apqctl prints
# ids in hexadecimal and takes a plain number for decimal: that is offered too, once a digit is there.
function __apqctl_list
    set -l start (string replace -r '[^,-]*$' '' -- $argv[2])
    for id in (__apqctl_ids $argv[1])
        set -l decimal (math 0x$id)
        string match -qr -- "(^|,)(0x$id|$decimal)," $start; and continue
        printf '%s\t%s\n' $start"0x"$id $decimal
        test "$start" = "$argv[2]"; or printf '%s\t%s\n' $start$decimal 0x$id
    end
end

# Prints what the list $argv[1] can become by one more of the other arguments.
function __apqctl_words
    set -l start (string replace -r '[^,]*$' '' -- $argv[1])
    for word in $argv[2..]
        contains -- $word (string split , -- $start); or printf '%s\n' $start$word
    end
end

# Prints the hosts that ssh knows by its files, with the user of $argv[1] before them, if there is one.
function __apqctl_hosts
    set -l user (string match -r '^.*@' -- $argv[1])
    begin
        string replace -rf '^\s*[Hh]ost[\s=]+' '' <~/.ssh/config
        string match -rv '^[|@#]' <~/.ssh/known_hosts | string replace -rf '^([^ ]+) .*' '$1' | string split , |
            string replace -r '^\[(.*)\](:.*)?$' '$1'
    end 2>/dev/null | string split -n ' ' | string match -r '^[A-Za-z0-9][A-Za-z0-9._:-]*$' |
        string replace -r '^' "$user"
end

function __apqctl_queues
    __apqctl_table queues | string replace -rf '^([0-9a-f]{2}\.[0-9a-f]{4}) .*' '$1'
end

# Prints what the option $argv[1], whose value is called $argv[2] in the help, takes; $argv[3] is
# there already.
function __apqctl_value
    switch $argv[1]
        case --adapters
            __apqctl_list adapters "$argv[3]"
        case --domains --control-domains
            __apqctl_list domains "$argv[3]"
        case --queues
            __apqctl_words "$argv[3]" (__apqctl_queues)
        case --queue
            __apqctl_queues
        case --device
            __apqctl_devices
        case --host
            __apqctl_hosts "$argv[3]"
        case --without
            __apqctl_words "$argv[3]" ap apqci apft apqi apxa aiv gisa
        case --format
            printf '%s\n' openmetrics prometheus
        case --color
            printf '%s\n' auto always never
        case --interrupts
            printf '%s\n' any required polled
        case --state
            printf '%s\n' defined started inUse
        case --columns
            __apqctl_words "$argv[3]" (string replace -rf '^Columns: ' '' -- $__apqctl_verb_help | string split ', ')
        case --socket --output
            __fish_complete_path "$argv[3]"
        case '*'
            string match -q '*|*' -- $argv[2]; and string split '|' -- $argv[2]
    end
end

# Prints "--option", VALUE (or nothing) and description of each option of a help, with tabs between.
function __apqctl_options
    string replace -rf '^  (?:-., |    )(--[a-z-]+)(?: ([^ ]+))? +(.*)' '$1\t$2\t$3' -- $argv
end

# Prints what the help calls the value of the option $argv[1]; nothing for a switch. The other
# arguments are what __apqctl_options printed.
function __apqctl_takes
    for line in $argv[2..]
        set -l part (string split \t -- $line)
        test "$part[1]" = "$argv[1]"; and echo -n $part[2]
    end
end

# Prints all that can stand at the cursor.
function __apqctl_complete
    set -g __apqctl_socket
    set -g __apqctl_remote
    set -l verb
    set -g __apqctl_verb_help
    set -l option
    set -l arguments 0
    set -l current (commandline -ct)
    set -l help (__apqctl_run --help)
    set -l verbs (string match -r '^  [a-z]+ .*' -- $help | string replace -r '^  ([a-z]+) +' '$1\t')
    set -l options (__apqctl_options $help)
    set -l usage

    for word in (commandline -opc)[2..]
        set -l pair (string split -m 1 = -- $word)
        test -n "$option"; and set pair $option $word
        if test (count $pair) -eq 2
            test "$pair[1]" = --socket; and set __apqctl_socket --socket $pair[2]
            test "$pair[1]" = --host; and set __apqctl_remote 1
        end
        string match -q -- '-H*' $word; and set __apqctl_remote 1
        if test -n "$option"
            set option
        else if string match -qr -- '^-[a-zA-Z]$' $word
            set -l long (string replace -rf -- "^  $word, (--[a-z-]+) .*" '$1' $help $__apqctl_verb_help)
            test -n "$long"; and test -n (__apqctl_takes $long[1] $options | string collect -a); and set option $long[1]
        else if string match -qr -- '^-[a-zA-Z]' $word
            continue
        else if string match -q -- '--*' $word
            test -n (__apqctl_takes $word $options | string collect -a); and set option $word
        else if test -n "$verb"
            set arguments (math $arguments + 1)
        else if contains -- $word (string replace -r '\t.*' '' -- $verbs)
            set verb $word
            set __apqctl_verb_help (__apqctl_run $verb --help)
            set usage $__apqctl_verb_help[1]
            set -a options (__apqctl_options $__apqctl_verb_help)
        end
    end
    set -l name (string replace -r '=.*' '' -- $current)
    if test -n "$option"
        __apqctl_value $option "$(__apqctl_takes $option $options)" "$current"
    else if string match -q -- '--*=*' $current
        set -l value (string replace -r '^[^=]*=' '' -- $current)
        __apqctl_value $name "$(__apqctl_takes $name $options)" "$value" | string replace -r -- '^' "$name="
    else if string match -q -- '-*' $current
        printf '%s\n' $options | sort -u | string replace -r '\t[^\t]*\t' '\t'
    else if test -z "$verb"
        printf '%s\n' $verbs
    else if test "$verb" = help
        test $arguments -eq 0; and printf '%s\n' $verbs
    else if string match -qr '^Usage: apqctl [a-z]+ \[?DEVICE' -- $usage
        if test $arguments -eq 0; or string match -q '*DEVICE...*' -- $usage
            __apqctl_devices
        end
    else if string match -qr '^Usage: apqctl [a-z]+ FILE' -- $usage
        test $arguments -eq 0; and __fish_complete_path $current
    end
end

complete -c apqctl -f -a '(__apqctl_complete)'
