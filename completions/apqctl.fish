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

# Succeeds if the verb can change a device of this state ("defined", "started", "in use")
# and start ("-" without a definition).
function __apqctl_suits
    switch $__apqctl_verb
        case start
            test "$argv[1]" = defined
        case stop
            test "$argv[1]" != defined
        case undefine modify edit
            test "$argv[1]" = defined -o "$argv[2]" != - -o -n "$__apqctl_adopt"
    end
end

# Prints names of devices with UUIDs, as candidate and description, and UUIDs where there is no name, or
# the word $argv[1] begins one.
function __apqctl_devices
    __apqctl_table list --full --columns DEVICE,NAME,START,STATE | while read -l uuid name start state
        string match -q '*-*-*-*-*' -- $uuid; or continue
        set state (string trim -- $state)
        __apqctl_suits "$state" $start; or continue
        if test "$name" = -
            printf '%s\t%s\n' $uuid $state
            continue
        end
        printf '%s\t%s\n' $name $uuid
        test -n "$argv[1]"; and string match -q -- "$argv[1]*" $uuid; and printf '%s\t%s\n' $uuid $name
    end
end

# Prints the items of the list $argv[1] in the object that begins with the line $argv[2] of JSON.
function __apqctl_items
    set -l inside
    while read -l line
        string match -qr -- "^    $argv[2]" $line; and set inside 1
        string match -q '*}*' -- $line; and set inside
        test -n "$inside"; or continue
        string replace -rf '.*"'$argv[1]'": \[([^]]+)\].*' '$1' -- $line | string split ', ' | string trim -c '"'
    end
end

# Prints the adapters, domains or single queues that are reserved.
function __apqctl_reserved
    test -n "$__apqctl_remote"; or __apqctl_run export | __apqctl_items $argv[1] '"reserved"'
end

# Prints the ids of the adapters, domains or controlDomains that the device on the line has.
function __apqctl_assigned
    test -n "$__apqctl_remote"; and return
    set -l digits 4
    test $argv[1] = adapters; and set digits 2
    for id in (__apqctl_run show $__apqctl_device --json | __apqctl_items $argv[1] '"(definition|active)"')
        printf "%0"$digits"x\n" $id
    end
end

# Prints the ids of the adapters, domains or controlDomains that the verb can be about.
function __apqctl_ids
    begin
        if test "$__apqctl_verb" = unassign -a -n "$__apqctl_device"
            __apqctl_assigned $argv[1]
        else if test "$__apqctl_verb" = release -a $argv[1] = adapters
            __apqctl_reserved adapters
            __apqctl_reserved queues | string replace -r '\..*' ''
        else if test "$__apqctl_verb" = release
            __apqctl_reserved domains
            __apqctl_reserved queues | string replace -r '.*\.' ''
        else if test $argv[1] = adapters
            __apqctl_table cards | string replace -rf '^([0-9a-f]{2}) .*' '$1'
        else
            __apqctl_table queues | string replace -rf '^[0-9a-f]{2}\.([0-9a-f]{4}) .*' '$1'
        end
    end | string replace -r '^0x' '' | sort -u
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

# Prints the queues that the verb can be about.
function __apqctl_queues
    set -l all (__apqctl_table queues | string replace -rf '^([0-9a-f]{2}\.[0-9a-f]{4}) .*' '$1')
    if test "$__apqctl_verb" = release
        set -l adapters (__apqctl_reserved adapters)
        set -l domains (__apqctl_reserved domains)
        __apqctl_reserved queues
        for queue in $all
            set -l part (string split . $queue)
            contains 0x$part[1] $adapters; or contains 0x$part[2] $domains; and echo $queue
        end
    else if test "$__apqctl_verb" = unassign -a -n "$__apqctl_device"
        set -l adapters (__apqctl_assigned adapters)
        set -l domains (__apqctl_assigned domains)
        for queue in $all
            set -l part (string split . $queue)
            contains $part[1] $adapters; and contains $part[2] $domains; and echo $queue
        end
    else
        test -z "$all"; or printf '%s\n' $all
    end
end

# Prints what the option $argv[1], whose value is called $argv[2] in the help, takes; $argv[3] is
# there already.
function __apqctl_value
    switch $argv[1]
        case --adapters
            __apqctl_list adapters "$argv[3]"
        case --domains
            __apqctl_list domains "$argv[3]"
        case --control-domains
            __apqctl_list controlDomains "$argv[3]"
        case --queues
            __apqctl_words "$argv[3]" (__apqctl_queues)
        case --queue
            __apqctl_queues
        case --device
            __apqctl_devices "$argv[3]"
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
    set -g __apqctl_verb
    set -g __apqctl_device
    set -g __apqctl_adopt
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
        test "$word" = --adopt; and set __apqctl_adopt 1
        if test -n "$option"
            set option
        else if string match -qr -- '^-[a-zA-Z]$' $word
            set -l long (string replace -rf -- "^  $word, (--[a-z-]+) .*" '$1' $help $__apqctl_verb_help)
            test -n "$long"; and test -n (__apqctl_takes $long[1] $options | string collect -a); and set option $long[1]
        else if string match -qr -- '^-[a-zA-Z]' $word
            continue
        else if string match -q -- '--*' $word
            test -n (__apqctl_takes $word $options | string collect -a); and set option $word
        else if test -n "$__apqctl_verb"
            set arguments (math $arguments + 1)
            test -n "$__apqctl_device"; or set __apqctl_device $word
        else if contains -- $word (string replace -r '\t.*' '' -- $verbs)
            set __apqctl_verb $word
            set __apqctl_verb_help (__apqctl_run $__apqctl_verb --help)
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
    else if test -z "$__apqctl_verb"
        printf '%s\n' $verbs
    else if test "$__apqctl_verb" = help
        test $arguments -eq 0; and printf '%s\n' $verbs
    else if string match -qr '^Usage: apqctl [a-z]+ \[?DEVICE' -- $usage
        if test $arguments -eq 0; or string match -q '*DEVICE...*' -- $usage
            __apqctl_devices "$current"
        end
    else if string match -qr '^Usage: apqctl [a-z]+ FILE' -- $usage
        test $arguments -eq 0; and __fish_complete_path $current
    end
end

complete -c apqctl -f -a '(__apqctl_complete)'
