#!/bin/sh
# Runs a command and reports to Burnwatch when it started and how it ended: `burnwatch exec` for hosts without Node.
# Needs a POSIX shell and curl (or wget, see docs/producers.md).
#
#   sh exec.sh [--step s] [--attempt n] [--timeout 2h] [--verbose] workflow [execution] -- command [argument...]
#
# The command keeps its standard input, output and error and its exit code, whatever becomes of the reports.
#   BURNWATCH_URL         where Burnwatch is
#   BURNWATCH_TOKEN       a token with the scope ingest, or
#   BURNWATCH_TOKEN_FILE  a file with it
#   BURNWATCH_SPOOL       a folder for reports that could not be sent

# A variable of these names that was exported would pass what is put in it here on to the command.
unset bw_answer_seconds bw_attempt bw_both bw_capture bw_child bw_code bw_default_signals bw_dir bw_duration bw_end bw_error \
  bw_execution bw_fallback bw_folder bw_grace bw_header bw_home bw_interrupt bw_kept_hours bw_kept_records bw_message bw_operands \
  bw_option bw_sender bw_signalled bw_spool bw_start bw_start_record bw_status bw_step bw_stopped bw_tail bw_timed_out \
  bw_timeout bw_timer bw_token bw_unique bw_url bw_value bw_verbose bw_workflow
unset bw_after bw_answer bw_file bw_folders bw_most bw_name bw_now bw_oldest bw_record bw_tries bw_until

# Where it was fetched from.
bw_fallback=@URL@

bw_answer_seconds=5 # for Burnwatch to answer
bw_grace=10         # seconds from TERM to KILL
bw_kept_records=1000 # of a workflow, at most
bw_kept_hours=24    # later reports are not taken

bw_usage() {
  printf 'burnwatch exec: %s\n' "$1" >&2
  echo 'usage: exec.sh [--step s] [--attempt n] [--timeout 2h] [--verbose] workflow [execution] -- command [argument...]' >&2
  exit 125
}

bw_note() {
  [ -z "$bw_verbose" ] || printf 'burnwatch exec: %s\n' "$1" >&2
}

# A name of a workflow or a step.
bw_is_name() {
  case $1 in '' | *[!A-Za-z0-9._:/-]*) return 1 ;; esac
  [ ${#1} -le 128 ]
}

# Seconds of a duration such as 90s, 5m, 2h or 1d.
bw_seconds() {
  case ${1%[smhd]} in '' | *[!0-9]* | ??????????*) return 1 ;; esac
  set -- "$1" "${1%[smhd]}"
  # A leading 0 would make it octal.
  while :; do case $2 in 0?*) set -- "$1" "${2#0}" ;; *) break ;; esac done
  case $1 in
    *s) echo "$2" ;;
    *m) echo $(($2 * 60)) ;;
    *h) echo $(($2 * 3600)) ;;
    *d) echo $(($2 * 86400)) ;;
    *) return 1 ;;
  esac
}

# Milliseconds since the epoch; only seconds of it where `date` knows no finer.
bw_clock() {
  set -- "$(date +%s%3N 2>/dev/null)"
  case $1 in
    *[!0-9]* | '') echo "$(date +%s)000" ;;
    ?????????????) echo "$1" ;;
    *) echo "$(date +%s)000" ;;
  esac
}

# A text as it stands between the quotes of JSON.
bw_json() {
  printf %s "$1" | LC_ALL=C tr -d '\000-\037\177' | LC_ALL=C sed 's/[\\"]/\\&/g'
}

# Text that is surely UTF-8: without what is not, or, where nothing can tell, with ? for all that is not ASCII.
bw_utf8() {
  if command -v iconv >/dev/null 2>&1; then iconv -c -f UTF-8 -t UTF-8 2>/dev/null
  else LC_ALL=C tr '\200-\377' '?'; fi
}

# The last line of a text that is not empty, without escape sequences and control characters, 200 bytes of it.
bw_last_line() {
  LC_ALL=C tr '\r' '\n' | LC_ALL=C sed "s/$(printf '\033')\[[0-9;?]*[A-Za-z]//g" | LC_ALL=C tr '\000-\011\013-\037\177' ' ' |
    LC_ALL=C sed 's/^ *//; s/ *$//' | LC_ALL=C sed '/^$/d' | tail -n 1 | LC_ALL=C cut -b 1-200 | bw_utf8
}

# Sends the records on standard input and prints the beginning of the answer. Neither the token nor the address is on a command line.
bw_post() {
  if command -v curl >/dev/null 2>&1; then
    curl -q -s --max-time "$bw_answer_seconds" --proto =http,https -K /dev/fd/5 -H 'Content-Type: application/x-ndjson' \
      --data-binary @- 5<<END 2>/dev/null | head -c 4096
url = "$bw_url/v1/outcomes"
$bw_header
END
  elif command -v wget >/dev/null 2>&1 && [ -n "$bw_dir" ]; then
    bw_file=$(mktemp "$bw_dir/body.XXXXXX") && cat >"$bw_file" || return
    if wget --help 2>&1 | grep -q -e --content-on-error; then
      # A file in a folder of our own: it takes no pipe.
      (umask 077 && printf %s "${bw_token:+header = Authorization: Bearer $bw_token}" >"$bw_file.rc")
      wget -q -O - -T "$bw_answer_seconds" -t 1 --max-redirect=0 --content-on-error --config="$bw_file.rc" \
        --header='Content-Type: application/x-ndjson' --post-file="$bw_file" "$bw_url/v1/outcomes" 2>/dev/null | head -c 4096
    elif [ -z "$bw_token" ]; then
      # Such as that of busybox. With a token it would show it to everyone on the machine.
      wget -q -O - -T "$bw_answer_seconds" --header 'Content-Type: application/x-ndjson' --post-file "$bw_file" \
        "$bw_url/v1/outcomes" 2>/dev/null | head -c 4096
    fi
    rm -f "$bw_file" "$bw_file.rc"
  fi
}

# Sends what is kept in a folder of the spool, oldest first, with a record after it if one is given, until nothing is left or a time
# has come. Fails unless all of it arrived. In a shell of its own, because it changes the folder.
bw_send() (
  bw_record=$2
  bw_until=$3
  cd "$1" 2>/dev/null || cd /
  while :; do
    bw_oldest=$(($(bw_clock) - bw_kept_hours * 3600000))
    set --
    if [ "$PWD" != / ]; then
      for bw_file in [0-9]*-*.json .[0-9]*-*.tmp; do
        [ -f "$bw_file" ] || continue
        bw_name=${bw_file#.}
        case ${bw_name%%-*} in *[!0-9]* | ??????????????*) continue ;; esac
        if [ "${bw_name%%-*}" -lt "$bw_oldest" ]; then
          rm -f "$bw_file"
          continue
        fi
        case $bw_file in .*) continue ;; esac
        [ $# -lt 500 ] && set -- "$@" "$bw_file"
      done
    fi
    [ $# -gt 0 ] || [ -n "$bw_record" ] || return 0
    bw_answer=$({
      [ $# -eq 0 ] || cat "$@" 2>/dev/null
      [ -z "$bw_record" ] || printf '%s\n' "$bw_record"
    } | bw_post)
    case $bw_answer in
      # Another token may be the one for this workflow.
      *'"code":"forbidden-workflow"'*) return 1 ;;
      '{'*'"accepted":'*) ;;
      # Whatever answered, it was not Burnwatch that stored it.
      *) return 1 ;;
    esac
    bw_record=
    [ $# -eq 0 ] || rm -f "$@"
    [ "$(date +%s)" -lt "$bw_until" ] || return 0
  done
)

# Keeps a record in the spool under a name that begins with its time.
bw_keep() (
  umask 077
  mkdir -p "$bw_folder" 2>/dev/null && [ -O "$bw_folder" ] && cd "$bw_folder" 2>/dev/null || {
    bw_note "not reported, and $bw_folder cannot keep it"
    return 1
  }
  set -- "$1" "$2" [0-9]*-*.json
  bw_most=$((bw_kept_records + 1))
  while [ $# -gt $bw_most ]; do
    rm -f "$3"
    bw_record=$1 bw_name=$2
    shift 3
    set -- "$bw_record" "$bw_name" "$@"
  done
  if printf '%s\n' "$1" >".$2.tmp" 2>/dev/null && mv -f ".$2.tmp" "$2.json" 2>/dev/null; then
    bw_note "not reported: $bw_url does not take it; kept in $bw_folder"
  else
    rm -f ".$2.tmp"
    bw_note "not reported, and $bw_folder cannot keep it"
  fi
)

# Reports a record, or keeps it to be sent by a later run and fails.
bw_report() {
  bw_after=$(($(date +%s) + bw_answer_seconds))
  bw_send "$bw_folder" "$1" "$bw_after" && return
  bw_keep "$1" "$2"
  return 1
}

# Sends what runs of other workflows could not.
bw_send_others() {
  bw_after=$(($(date +%s) + bw_answer_seconds))
  for bw_folders in "${bw_folder%/*}"/w-*/; do
    [ -d "$bw_folders" ] || continue
    [ "$(date +%s)" -lt "$bw_after" ] || return
    bw_send "${bw_folders%/}" '' "$bw_after"
    rmdir "$bw_folders" 2>/dev/null
  done
}

bw_operands=0
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  bw_option=$1
  shift
  case $bw_option in
    --verbose)
      bw_verbose=1
      continue
      ;;
    --help | -h)
      sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    --step=* | --attempt=* | --timeout=*)
      bw_value=${bw_option#*=}
      bw_option=${bw_option%%=*}
      ;;
    --step | --attempt | --timeout)
      [ $# -gt 0 ] && [ "$1" != -- ] || bw_usage "$bw_option needs a value"
      bw_value=$1
      shift
      ;;
    -*) bw_usage "there is no option $bw_option" ;;
    *)
      bw_operands=$((bw_operands + 1))
      case $bw_operands in
        1) bw_workflow=$bw_option ;;
        2) bw_execution=$bw_option ;;
        *) bw_usage 'there is more before -- than a workflow and an execution' ;;
      esac
      continue
      ;;
  esac
  case $bw_option in
    --step)
      bw_is_name "$bw_value" || bw_usage "--step must be 1 to 128 characters of A-Z a-z 0-9 . _ : / -"
      bw_step=$bw_value
      ;;
    --attempt)
      case $bw_value in '' | 0* | *[!0-9]* | ????????*) bw_usage '--attempt must be a whole number from 1' ;; esac
      bw_attempt=$bw_value
      ;;
    --timeout)
      bw_timeout=$(bw_seconds "$bw_value") && [ "$bw_timeout" -gt 0 ] || bw_usage '--timeout must be a duration such as 90s, 5m or 2h'
      ;;
  esac
done
[ $# -gt 1 ] || bw_usage 'the command is missing; it comes after --'
shift
bw_is_name "$bw_workflow" || bw_usage 'the workflow must be 1 to 128 characters of A-Z a-z 0-9 . _ : / -'

bw_url=${BURNWATCH_URL:-$bw_fallback}
bw_url=${bw_url%/}
bw_token=${BURNWATCH_TOKEN-}
if [ -z "$bw_token" ] && [ -n "${BURNWATCH_TOKEN_FILE-}" ]; then
  read -r bw_token 2>/dev/null <"$BURNWATCH_TOKEN_FILE" || [ -n "$bw_token" ] || bw_note 'the token file cannot be read'
fi
# As it stands between the quotes of a configuration of curl. No token has such characters.
case $bw_url$bw_token in
  *[\"\\]* | *'
'*)
    bw_note 'the address or the token holds a character that neither can have'
    bw_url= bw_token=
    ;;
esac
bw_header=
[ -z "$bw_token" ] || bw_header="header = \"Authorization: Bearer $bw_token\""

bw_spool=${BURNWATCH_SPOOL-}
if [ -z "$bw_spool" ]; then
  bw_home=${XDG_STATE_HOME:-${HOME:+$HOME/.local/state}}
  # Users of services often have no home.
  if [ -n "$bw_home" ] && (umask 077 && mkdir -p "$bw_home/burnwatch/spool") 2>/dev/null; then
    bw_spool=$bw_home/burnwatch/spool
  else
    bw_spool=${TMPDIR:-/tmp}/burnwatch-spool-$(id -u)
    # Others may write there: what they made is not ours to send.
    (umask 077 && mkdir "$bw_spool") 2>/dev/null
    [ -O "$bw_spool" ] && [ ! -L "$bw_spool" ] || bw_spool=/dev/null
  fi
fi
# By address and workflow: what is kept for one Burnwatch must not be sent to another, and a token may be for this workflow only.
bw_folder=$bw_spool/u-$(printf %s "$bw_url" | LC_ALL=C tr -c 'A-Za-z0-9.-' _ | cut -c 1-200)/w-$(printf %s "$bw_workflow" | sed 's|/|%2F|g')

bw_dir=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/burnwatch-exec.XXXXXX" 2>/dev/null) || bw_dir=
bw_unique=$(od -An -N4 -tx1 /dev/urandom 2>/dev/null | tr -dc 0-9a-f)
bw_unique=${bw_unique:-$$}
bw_start=$(bw_clock)
[ -n "$bw_execution" ] || bw_execution=$bw_workflow-$(date -u +%Y-%m-%dT%H:%M:%SZ)-$bw_unique

# The fields of a record that its start and its end share, and then others.
bw_record() {
  printf '{"workflow":"%s","execution":"%s",%s%s"at":%s,%s}' "$bw_workflow" "$(bw_json "$bw_execution")" \
    "${bw_step:+\"step\":\"$bw_step\",}" "${bw_attempt:+\"attempt\":$bw_attempt,}" "$1" "$2"
}

# The signals that ask the command to end, and two that mean what it wants.
bw_pass() {
  bw_signalled=1
  case $1 in HUP | INT | QUIT | TERM) bw_stopped=$1 ;; esac
  [ -n "$bw_child" ] || return
  case $1 in INT | QUIT) [ -z "$bw_interrupt" ] || set -- "$bw_interrupt" ;; esac
  kill -s "$1" "$bw_child" 2>/dev/null
}
trap 'bw_pass HUP' HUP
trap 'bw_pass INT' INT
trap 'bw_pass QUIT' QUIT
trap 'bw_pass TERM' TERM
trap 'bw_pass USR1' USR1
trap 'bw_pass USR2' USR2

# In the background, where a shell takes the standard input away.
exec 3<&0

# A terminal is left alone: programs look whether they have one. Where output and errors go to the same place, they go there by one
# pipe, so that they stay in order.
if [ -n "$bw_dir" ] && [ ! -t 2 ] && [ -e /dev/fd/2 ] && command -v tee >/dev/null 2>&1 &&
  mkfifo -m 600 "$bw_dir/err" "$bw_dir/copy" 2>/dev/null; then
  bw_capture=1
  [ ! /dev/fd/1 -ef /dev/fd/2 ] || bw_both=1
  # Both go on for as long as anything that the command has started writes.
  (
    trap '' HUP INT QUIT TERM USR1 USR2
    exec tee "$bw_dir/copy" <"$bw_dir/err" >&2 2>/dev/null 3<&-
  ) &
  (
    trap '' HUP INT QUIT TERM USR1 USR2
    exec 3<&- 2>/dev/null
    tail -c 2048 <"$bw_dir/copy" >"$bw_dir/last"
    : >"$bw_dir/done"
  ) >/dev/null &
fi

# A shell has commands in the background ignore these two, and not every shell can undo that.
if env --default-signal=INT,QUIT true 2>/dev/null; then bw_default_signals=1; else bw_interrupt=TERM; fi

(
  trap - INT QUIT
  exec <&3 3<&-
  if [ -n "$bw_both" ]; then exec >"$bw_dir/err" 2>&1; elif [ -n "$bw_capture" ]; then exec 2>"$bw_dir/err"; fi
  # A name with = would be a variable to env.
  if [ -n "$bw_default_signals" ]; then
    case $1 in *=*) ;; *) exec env --default-signal=INT,QUIT "$@" ;; esac
  fi
  # `exec`, so that no function of this script can be meant.
  exec "$@"
) &
bw_child=$!
[ -z "$bw_stopped" ] || bw_pass "$bw_stopped"

bw_start_record=$(bw_record "$bw_start" '"status":"started"')
(
  trap '' HUP INT QUIT TERM USR1 USR2
  exec 3<&- </dev/null >/dev/null
  [ -n "$bw_verbose" ] || exec 2>/dev/null
  bw_report "$bw_start_record" "$bw_start-$bw_unique-1" && bw_send_others
) &
bw_sender=$!

if [ -n "$bw_timeout" ]; then
  # Nothing of it may hold the output open once all else has ended. It is stopped by a signal that this shell has no trap for: one
  # that comes before it has its own, as after a command that is over at once, would be taken for this shell's and be lost.
  (
    bw_code=0
    trap '' HUP INT QUIT TERM USR1 USR2
    # Before it has a pause of its own, the latest in the background is the sender.
    trap '[ "$!" = "$bw_sender" ] || kill -s KILL "$!" 2>/dev/null; exit $bw_code' ALRM
    sleep "$bw_timeout" &
    wait "$!"
    bw_code=9
    kill -s TERM "$bw_child"
    sleep "$bw_grace" &
    wait "$!"
    kill -s KILL "$bw_child"
    exit 9
  ) 3<&- </dev/null >/dev/null 2>&1 &
  bw_timer=$!
fi

while :; do
  bw_signalled=
  wait "$bw_child"
  bw_code=$?
  # A signal interrupts `wait`, which then gives a code of its own.
  [ -n "$bw_signalled" ] && [ "$bw_code" -gt 128 ] && kill -0 "$bw_child" 2>/dev/null || break
done
bw_end=$(bw_clock)
trap '' HUP INT QUIT TERM USR1 USR2
exec 3<&-

if [ -n "$bw_timer" ]; then
  kill -s ALRM "$bw_timer" 2>/dev/null
  wait "$bw_timer"
  [ $? -ne 9 ] || bw_timed_out=1
fi

if [ -n "$bw_capture" ]; then
  bw_tries=0
  while [ ! -e "$bw_dir/done" ] && [ $bw_tries -lt 10 ]; do
    bw_tries=$((bw_tries + 1))
    sleep 0.1 2>/dev/null || sleep 1
  done
  [ ! -e "$bw_dir/done" ] || bw_message=$(bw_last_line <"$bw_dir/last" 2>/dev/null)
fi

if [ -n "$bw_timed_out" ]; then
  bw_status=failed bw_error=timeout
elif [ "$bw_code" -eq 0 ]; then
  bw_status=succeeded
else
  bw_status=failed bw_error=exit-$bw_code
  # It was asked to stop, by this shell or by itself.
  case $bw_code in 129 | 130 | 131 | 143) bw_stopped=1 ;; esac
  [ -z "$bw_stopped" ] || bw_status=cancelled bw_error=
fi
bw_duration=$((bw_end - bw_start))
# Clocks are set back.
[ "$bw_duration" -ge 0 ] || bw_duration=0
bw_message=$(bw_json "$bw_message")
bw_end_record=$(bw_record "$bw_end" "\"status\":\"$bw_status\",\"durationMs\":$bw_duration${bw_error:+,\"error\":\"$bw_error\"}${bw_message:+,\"attributes\":{\"message\":\"$bw_message\"\}}")

wait "$bw_sender"
bw_report "$bw_end_record" "$bw_end-$bw_unique-2" </dev/null >/dev/null
rmdir "$bw_folder" 2>/dev/null
[ -z "$bw_dir" ] || rm -rf "$bw_dir"
exit "$bw_code"
