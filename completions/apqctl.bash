# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# apqctl.bash - completion of apqctl's command line for bash
#
# Verbs, options and what these take are read from "apqctl --help" and "apqctl VERB --help", so that
# they are those of the apqctl that is installed; devices, adapters, domains and queues are those
# that the running apqd knows. It needs no function of the package bash-completion.
#
# What _apqctl has found out lies in local variables of it, which the functions that it calls see.

# A daemon that does not answer must not hang a shell, and COLUMNS, if it is exported, would cut
# what is printed.
__apqctl_run() {
	(
		unset COLUMNS
		timeout 2 "$__apqctl_program" "${__apqctl_socket[@]}" "$@" 2>/dev/null </dev/null
	)
}

# Prints a table of apqd. That of another machine would take ssh, and maybe a password: none.
__apqctl_table() {
	[[ -n $__apqctl_remote ]] || __apqctl_run "$@" --no-headings
}

# Prints its input with $1 before every line.
__apqctl_prefix() {
	local line

	while IFS= read -r line; do printf '%s%s\n' "$1" "$line"; done
}

# Succeeds if the verb can change a device of this state ("defined", "started", "in use")
# and start ("-" without a definition).
__apqctl_suits() {
	case $__apqctl_verb in
	start) [[ $1 == defined ]] ;;
	stop) [[ $1 != defined ]] ;;
	undefine | modify | edit) [[ $1 == defined || $2 != - || -n $__apqctl_adopt ]] ;;
	esac
}

# Prints the names of devices, and UUIDs where there is no name, or the word $1 begins one.
__apqctl_devices() {
	local uuid name start state

	__apqctl_table list --full --columns DEVICE,NAME,START,STATE | while read -r uuid name start state; do
		[[ $uuid == *-*-*-*-* ]] || continue
		__apqctl_suits "$state" "$start" || continue
		[[ $name == - ]] || printf '%s\n' "$name"
		[[ $name != - && (-z $1 || $uuid != "$1"*) ]] || printf '%s\n' "$uuid"
	done
}

# Prints the items of the list "$1" in the object that begins with the line $2 of JSON.
__apqctl_items() {
	sed -nE "/^    $2/,/\}/s/.*\"$1\": \[([^]]+)\].*/\1/p" | tr -d '" ' | tr , '\n'
}

# Prints the adapters, domains or single queues that are reserved.
__apqctl_reserved() {
	[[ -n $__apqctl_remote ]] || __apqctl_run export | __apqctl_items "$1" '"reserved"'
}

# Prints the ids of the adapters, domains or controlDomains that the device on the line has.
__apqctl_assigned() {
	local id digits=4

	[[ $1 != adapters ]] || digits=2
	[[ -n $__apqctl_remote ]] ||
		__apqctl_run show "$__apqctl_device" --json | __apqctl_items "$1" '"(definition|active)"' |
		while read -r id; do printf '%0*x\n' $digits "$id"; done
}

# Prints the ids of the adapters, domains or controlDomains that the verb can be about.
__apqctl_ids() {
	case $__apqctl_verb:$__apqctl_device:$1 in
	release:*:adapters) __apqctl_reserved adapters && __apqctl_reserved queues ;;
	release:*) __apqctl_reserved domains && __apqctl_reserved queues | sed 's/.*\.//' ;;
	unassign:[!:]*) __apqctl_assigned "$1" ;;
	*:adapters) __apqctl_table cards | sed -nE 's/^([0-9a-f]{2}) .*/\1/p' ;;
	*) __apqctl_table queues | sed -nE 's/^[0-9a-f]{2}\.([0-9a-f]{4}) .*/\1/p' ;;
	esac | sed 's/^0x//; s/\..*//' | sort -u
}

# Prints the queues that the verb can be about.
__apqctl_queues() {
	local adapters domains queue all

	all=$(__apqctl_table queues | sed -nE 's/^([0-9a-f]{2}\.[0-9a-f]{4}) .*/\1/p')
	case $__apqctl_verb:$__apqctl_device in
	release:*)
		__apqctl_reserved queues
		adapters=$(__apqctl_reserved adapters) domains=$(__apqctl_reserved domains)
		for queue in $all; do
			[[ $adapters != *0x${queue%.*}* && $domains != *0x${queue#*.}* ]] || printf '%s\n' "$queue"
		done
		;;
	unassign:?*)
		adapters=$(__apqctl_assigned adapters) domains=$(__apqctl_assigned domains)
		for queue in $all; do
			[[ $'\n'$adapters$'\n' != *$'\n'${queue%.*}$'\n'* || $domains != *${queue#*.}* ]] ||
				printf '%s\n' "$queue"
		done
		;;
	*) printf '%s\n' "$all" ;;
	esac
}

# Prints what the list $2 of adapters or domains can become by one more number. Apqctl prints ids in
# hexadecimal and takes a plain number for decimal: that is offered too, once a digit is there.
__apqctl_list() {
	local last=${2##*[,-]} start=${2%"${2##*[,-]}"} id

	for id in $(__apqctl_ids "$1"); do
		[[ ,$start == *,0x$id,* || ,$start == *,$((16#$id)),* ]] && continue
		printf '%s0x%s\n' "$start" "$id"
		[[ -z $last ]] || printf '%s%d\n' "$start" $((16#$id))
	done
}

# Prints what the list $1 can become by one more of the words of the input.
__apqctl_words() {
	local start=${1%"${1##*,}"} word

	while read -r word; do
		[[ ,$start == *,$word,* ]] || printf '%s%s\n' "$start" "$word"
	done
}

# Prints the hosts that ssh knows by its files, with the user of $1 before them, if there is one.
__apqctl_hosts() {
	local user=''

	[[ $1 != *@* ]] || user=${1%@*}@
	{
		sed -nE 's/^[[:space:]]*[Hh]ost[[:space:]=]+//p' ~/.ssh/config
		sed -nE '/^[|@#]/d; s/^([^ ]+) .*/\1/p' ~/.ssh/known_hosts | tr ',' '\n' |
			sed -E 's/^\[(.*)\](:.*)?$/\1/'
	} 2>/dev/null | tr '[:blank:]' '\n' | grep -E '^[A-Za-z0-9][A-Za-z0-9._:-]*$' |
		__apqctl_prefix "$user"
}

# Prints what the option $1 takes, of whose value $2 is there; the status is 100 if that is a file.
__apqctl_value() {
	case $1 in
	--adapters) __apqctl_list adapters "$2" ;;
	--domains) __apqctl_list domains "$2" ;;
	--control-domains) __apqctl_list controlDomains "$2" ;;
	--queues) __apqctl_queues | __apqctl_words "$2" ;;
	--queue) __apqctl_queues ;;
	--device) __apqctl_devices "$2" ;;
	--host) __apqctl_hosts "$2" ;;
	--without) printf '%s\n' ap apqci apft apqi apxa aiv gisa | __apqctl_words "$2" ;;
	--format) printf '%s\n' openmetrics prometheus ;;
	--color) printf '%s\n' auto always never ;;
	--interrupts) printf '%s\n' any required polled ;;
	--state) printf '%s\n' defined started inUse ;;
	--columns) sed -n 's/,//g; s/^Columns: //p' <<<"$__apqctl_verb_help" | tr ' ' '\n' | __apqctl_words "$2" ;;
	--socket | --output) return 100 ;;
	*) [[ ${__apqctl_takes[$1]} != *'|'* ]] || tr '|' '\n' <<<"${__apqctl_takes[$1]}" ;;
	esac
}

# Enters the options of the help $1 in __apqctl_takes, with what each takes (nothing: a switch), and
# their letters in __apqctl_letters.
__apqctl_learn() {
	local letter option value

	while read -r letter option value; do
		__apqctl_takes[$option]=$value
		[[ $letter == none ]] || __apqctl_letters[$letter]=$option
	done < <(sed -nE 's/^      --/  none, --/; s/^  ([^ ,]+), (--[a-z-]+)( [^ ]+)? .*/\1 \2\3/p' <<<"$1")
}

# Finds out what the words $@ before the cursor say.
__apqctl_parse() {
	local word name

	for word in "$@"; do
		name=${__apqctl_option:-${word%%=*}}
		case $name in
		--socket) [[ $word == "$name" ]] || __apqctl_socket=(--socket "${word#--socket=}") ;;
		--host | -H*) __apqctl_remote=1 ;;
		--adopt) __apqctl_adopt=1 ;;
		esac
		if [[ -n $__apqctl_option ]]; then
			__apqctl_option=
		elif [[ $word == -[a-zA-Z] ]]; then
			name=${__apqctl_letters[$word]:-}
			[[ -z $name || -z ${__apqctl_takes[$name]:-} ]] || __apqctl_option=$name
		elif [[ $word == -[a-zA-Z]* ]]; then
			:
		elif [[ $word == --* ]]; then
			[[ -z ${__apqctl_takes[$word]:-} ]] || __apqctl_option=$word
		elif [[ -n $__apqctl_verb ]]; then
			__apqctl_arguments=$((__apqctl_arguments + 1))
			__apqctl_device=${__apqctl_device:-$word}
		elif grep -qxF -- "$word" <<<"$__apqctl_verbs"; then
			__apqctl_verb=$word
			__apqctl_verb_help=$(__apqctl_run "$word" --help)
			__apqctl_learn "$__apqctl_verb_help"
		fi
	done
}

# Prints what can stand in place of the word $1; the status is 100 if that is a file.
__apqctl_candidates() {
	local name=${1%%=*} status

	if [[ -n $__apqctl_option ]]; then
		__apqctl_value "$__apqctl_option" "$1"
	elif [[ $1 == --*=* && -n ${__apqctl_takes[$name]:-} ]]; then
		__apqctl_value "$name" "${1#*=}" | __apqctl_prefix "$name="
		status=${PIPESTATUS[0]}
		return "$status"
	elif [[ $1 == -* ]]; then
		printf '%s\n' "${!__apqctl_takes[@]}"
	elif [[ -z $__apqctl_verb ]]; then
		printf '%s\n' "$__apqctl_verbs"
	elif [[ $__apqctl_verb == help && $__apqctl_arguments -eq 0 ]]; then
		printf '%s\n' "$__apqctl_verbs"
	elif [[ $__apqctl_verb_help =~ ^'Usage: apqctl '[a-z]+' '\[?DEVICE('...')? &&
		($__apqctl_arguments -eq 0 || -n ${BASH_REMATCH[1]}) ]]; then
		__apqctl_devices "$1"
	elif [[ $__apqctl_verb_help =~ ^'Usage: apqctl '[a-z]+' FILE' && $__apqctl_arguments -eq 0 ]]; then
		return 100
	fi
}

_apqctl() {
	local __apqctl_program=$1 __apqctl_verb='' __apqctl_verb_help='' __apqctl_option=''
	local __apqctl_remote='' __apqctl_adopt='' __apqctl_device='' __apqctl_arguments=0 __apqctl_socket=() __apqctl_verbs
	local -A __apqctl_takes=() __apqctl_letters=()
	local words cur='' help candidates candidate

	# not COMP_WORDS, which is cut at '=', ':' and '@': options and names have these
	read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
	if [[ ${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]]; then
		cur=${words[-1]}
		unset 'words[-1]'
	fi
	help=$(__apqctl_run --help)
	__apqctl_verbs=$(sed -nE '/^Verbs:/,/^$/s/^  ([a-z]+) .*/\1/p' <<<"$help")
	__apqctl_learn "$help"
	__apqctl_parse "${words[@]:1}"
	COMPREPLY=()
	candidates=$(__apqctl_candidates "$cur")
	if [[ $? -eq 100 ]]; then
		compopt -o default
		return
	fi
	while IFS= read -r candidate; do
		# readline replaces only what is behind the last one of these characters
		[[ -z $candidate || $candidate != "$cur"* ]] ||
			COMPREPLY+=("${candidate#"${cur%"${cur##*[=:@]}"}"}")
	done < <(sort -u <<<"$candidates")
	# a comma may follow
	[[ ${__apqctl_option:-${cur%%=*}} != --@(adapters|domains|control-domains|queues|without|columns) ]] ||
		compopt -o nospace
}

complete -F _apqctl apqctl
