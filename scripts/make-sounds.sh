#!/bin/sh
# Makes the sounds without words in sip-dialin/prompts/sounds: tones, and the music for those who wait.
# 16 kHz, mono, 8-bit mu-law, as the prompts. The files are committed. Needs sox and awk.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
out="$root/sip-dialin/prompts/sounds"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# A tone that fades in and out, so that it does not click: name, length in s, frequency in Hz.
tone() {
  sox -R -n -r 16000 -c 1 -b 16 "$work/$1.wav" synth "$2" sine "$3" fade q 0.01 "$2" 0.06 gain -14
}
finish() {
  sox -R "$@" -e mu-law -b 8 "$out/$name.wav"
  echo "sounds/$name.wav  $(soxi -D "$out/$name.wav") s"
}

tone high 0.14 784
tone low 0.14 523.25
name=entry; finish "$work/low.wav" "$work/high.wav"
name=leave; finish "$work/high.wav" "$work/low.wav"
tone long 0.3 1000
name=record-tone; finish "$work/long.wav"
tone short 0.09 660
name=step; finish "$work/short.wav"

# Waiting music: broken chords on a plucked string over a soft bass, eight bars of 2 s. Every note rings on for 2.6 s,
# also over the end: the bars are played twice and the second time is kept, so that its end fits its beginning.
bar=2
bars=8
# MIDI notes of each bar: the bass, then the chord; high enough for a telephone (300 Hz and up).
chords='
48 67 72 76 79
57 69 72 76 81
53 69 72 77 81
55 67 71 74 79
52 67 71 76 79
57 69 72 76 81
50 69 74 77 81
55 67 71 77 79
'
echo "$chords" | awk -v bar=$bar -v bars=$bars '
  function hz(note) { return 440 * 2 ^ ((note - 69) / 12) }
  NF == 5 {
    # Up and down again over eight quavers.
    split("2 3 4 5 4 3 4 3", step, " ")
    for (round = 0; round < 2; round += 1) {
      at = (round * bars + n) * bar
      printf "%.4f sine %.2f 0.35\n", at, hz($1 + 12)
      for (i = 1; i <= 8; i += 1) {
        volume = i == 1 ? 0.5 : 0.36
        printf "%.4f pluck %.2f %.2f\n", at + (i - 1) * bar / 8, hz($step[i]), volume
      }
    }
    n += 1
  }' > "$work/notes"

i=0
set --
while read -r at kind hz volume; do
  i=$((i + 1))
  sox -R -n -r 16000 -c 1 -b 16 "$work/note-$i.wav" synth 2.6 "$kind" "$hz" \
    fade t 0.005 2.6 2.2 vol "$volume" pad "$at" 0
  set -- "$@" -v 0.3 "$work/note-$i.wav"
  # In parts: sox opens all that it mixes.
  if [ $i -eq 72 ]; then
    sox -R -m "$@" "$work/first.wav"
    set --
  fi
done < "$work/notes"
sox -R -m "$@" "$work/second.wav"
length=$((bar * bars))
name=waiting-music
sox -R -m -v 1 "$work/first.wav" -v 1 "$work/second.wav" "$work/both.wav" \
  trim "$length" "$length" lowpass 3400
rms=$(sox "$work/both.wav" -n stats 2>&1 | awk '/^RMS lev dB/ { print $4 }')
gain=$(awk -v rms="$rms" 'BEGIN { printf "%.2f", -26 - rms }')
sox -R "$work/both.wav" -e mu-law -b 8 "$out/$name.wav" gain "$gain"
echo "sounds/$name.wav  $(soxi -D "$out/$name.wav") s"
