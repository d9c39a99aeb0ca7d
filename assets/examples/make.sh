#!/bin/sh
# Makes every example again, with the weights in assets/: sh assets/examples/make.sh, from the top of the repository.
set -e
here=assets/examples
encore() { .venv/bin/python -m generation "$@" --out "$here" > /dev/null; }
fresh() {  # NAME and the flags of compose
  name=$1
  shift
  encore compose "$@" --formats mp3,mid,png
  for ending in mp3 mid png; do mv "$here/compose-take1.$ending" "$here/$name.$ending"; done
  echo "$name"
}
encore extend $here/jig.abc $here/minuet.abc $here/blues.mid --seconds 25 --seed 4 --formats mp3,mid,abc,png
encore extend $here/sung-minuet.ogg $here/whistled-jig.ogg $here/fiddled-minuet.ogg --seconds 20 --seed 4 --formats mp3,mid,abc,png
fresh jazz --style jazz --key "Bb major" --tempo 168 --seconds 30 --seed 46 --instrument "tenor sax"
fresh classical --style classical --key "D minor" --meter 3/4 --tempo 104 --seconds 30 --seed 36
fresh irish --style irish --key "A dorian" --meter 6/8 --tempo 168 --seconds 30 --seed 1 --instrument flute
fresh american --style american --key "A major" --meter 2/4 --tempo 108 --seconds 30 --seed 6 --instrument violin
fresh british --style british --key "G major" --meter 4/4 --tempo 112 --seconds 30 --seed 8 --instrument recorder
fresh artsong --style artsong --key "G minor" --meter 3/4 --tempo 84 --seconds 30 --seed 3 --instrument clarinet
fresh pop --style pop --key "C major" --tempo 84 --seconds 30 --seed 6 --instrument "electric piano"
fresh standards --style standards --key "F major" --tempo 126 --seconds 30 --seed 2 --instrument vibraphone
fresh hymn --style hymn --key "Eb major" --meter 4/4 --tempo 92 --seconds 25 --seed 6 --instrument organ
fresh irish-two-minutes --style irish --key "D major" --meter 6/8 --tempo 174 --seconds 120 --seed 12 --instrument flute
fresh jazz-two-minutes --style jazz --key "F major" --tempo 144 --seconds 120 --seed 18 --instrument "alto sax"

for each in "two-hands 2" "art-song 3" "string-quartet 2" "four-voices 1" "rock-band 1" "drummer 1" "pop-band 2" "jazz-quartet 1"; do
  set -- $each
  encore extend $here/$1.mid --seconds 20 --seed $2 --formats mp3,mid,abc,png
  echo "$1"
done
fresh fresh-piano --band piano --key "C major" --tempo 100 --seconds 25 --seed 8
fresh fresh-song --band song --key "F major" --tempo 84 --seconds 25 --seed 8
fresh fresh-quartet --band quartet --key "D major" --tempo 110 --seconds 25 --seed 7
fresh fresh-choir --band choir --key "G major" --tempo 90 --seconds 25 --seed 7
fresh fresh-jazz-quartet --band "jazz quartet" --key "Bb major" --tempo 150 --seconds 25 --seed 3
fresh fresh-pop-band --band "pop band" --key "G major" --tempo 96 --seconds 25 --seed 7
fresh fresh-rock-band --band "rock band" --key "E minor" --tempo 130 --seconds 25 --seed 7
fresh fresh-drums --band drums --tempo 110 --seconds 15 --seed 8

joined() {  # NAME, FILE and the flags of accompany
  name=$1 file=$2
  shift 2
  scratch=$(mktemp -d)
  .venv/bin/python -m generation accompany "$here/$file" "$@" --formats mp3,mid,abc,png --out "$scratch" > /dev/null
  for ending in mp3 mid abc png; do mv "$scratch"/*-take1.$ending "$here/$name.$ending"; done
  rmdir "$scratch"
  echo "$name"
}
joined jig-with-guitar jig.abc --band guitar --seed 4
joined hymn-with-choir hymn-tune.abc --band choir --seed 1
joined standard-with-jazz-trio standard.abc --band "jazz trio" --seed 1
joined song-with-pop-band song.abc --band "pop band" --seed 1
joined blues-by-given-chords blues-head.abc --band "jazz trio" --seed 1 \
  --chords "F7 | Bb7 | F7 | % | Bb7 | % | F7 | D7 | Gm7 | C7 | F7 D7 | G7 C7"
joined minuet-with-quartet minuet.abc --band "string quartet" --seed 1
joined waltz-with-piano waltz-song.abc --band piano --seed 2
joined whistled-jig-with-trio whistled-jig.ogg --band trio --seed 1
encore extend $here/song.abc --chords "C | D7 | Bm7 Em | Am7 D7" --bars 8 --seed 1 --formats mp3,mid,abc,png
fresh fresh-over-chords --band "pop band" --chords "vi IV I V" --key "D major" --tempo 96 --bars 12 --seed 3
