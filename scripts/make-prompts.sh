#!/bin/sh
# Speaks the prompts of sip-dialin/prompts/<language>.json into WAV files beside it:
# 16 kHz, mono, 8-bit mu-law, silence trimmed, level near -20 dBFS (RMS).
# With `sounds`: makes the sounds without words instead (make-sounds.sh).
# The files are committed: run this only when words change. Needs espeak-ng, sox and node.
set -eu

language=${1:-en}
root=$(cd "$(dirname "$0")/.." && pwd)
if [ "$language" = sounds ]; then exec "$root/scripts/make-sounds.sh"; fi
words="$root/sip-dialin/prompts/$language.json"
out="$root/sip-dialin/prompts/$language"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $language in
  en) voice=en-us ;;
  fr) voice=fr-fr ;;
  *) voice=$language ;;
esac

mkdir -p "$out"
node -e '
  for (const [id, text] of Object.entries(JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))))
    console.log(id + "\t" + text);
' "$words" > "$work/list"

tab=$(printf '\t')
while IFS=$tab read -r id text; do
  espeak-ng -v "$voice" -s 150 -g 2 -w "$work/raw.wav" "$text"
  # To 16 kHz, then silence off both ends (the end by reversing), then a little of it at the beginning,
  # since callers wait for that, and more at the end, since prompts follow on each other.
  sox -R "$work/raw.wav" -b 16 "$work/trimmed.wav" rate -v 16000 \
    silence 1 0.02 0.5% reverse silence 1 0.02 0.5% reverse pad 0.005 0.075
  rms=$(sox "$work/trimmed.wav" -n stats 2>&1 | awk '/^RMS lev dB/ { print $4 }')
  gain=$(awk -v rms="$rms" 'BEGIN { printf "%.2f", -20 - rms }')
  # -l limits the few peaks that the gain would clip.
  sox -R "$work/trimmed.wav" -e mu-law -b 8 "$out/$id.wav" gain -l "$gain"
  echo "$language/$id.wav  $(soxi -D "$out/$id.wav") s"
done < "$work/list"
