"""How tunes of held-out works are accompanied: our chords and band beside the true ones, plain ones, and MMA's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from tqdm import tqdm

from generation.judge.band import statistics
from generation.judge.band.excerpts import cut, song
from generation.judge.bars import Figure, table
from generation.judge.baselines import mma
from generation.judge.baselines.plain_harmony import IN_CHORD, plainly
from generation.learn.band_batches import collate, whole
from generation.learn.band_loss import loss
from generation.learn.full_corpus import Work
from generation.model.band import FIRST_CHORD, PART
from generation.model.chords import symbol_of, value_of
from generation.model.encode_song import encode_song
from generation.model.full_score import FullScore
from generation.model.harmony import Reals, beats_of
from generation.model.hear_chords import hear_chords
from generation.model.networks.band_lstm import BandLSTM
from generation.music.chart import Chords
from generation.music.key import Key, believed, find_key
from generation.music.reading import Reading
from generation.music.song import Song, bar_marks
from generation.play.asked import BandPrompt
from generation.play.band.accompanists import BANDS
from generation.play.band.join import accompanied
from generation.play.band.session import play_on

# Set → the band that joins its tunes; the trio joins those of other files.
TRIO = "trio"
JOINED = {"pop909": TRIO, "wjd": "jazz trio", "ewld1928": TRIO, "hymns": "choir"}
BARS, FEWEST = 16, 24  # bars of each tune; its notes, at least
PHRASE_END = 2.0  # quarters from the last onset of a phrase to the next, at least
AGREE_BAR, OBEY_BAR, CLASH_BAR, LIKELIER_BAR, NEAR_BAR, POP_PACE = 0.55, 0.95, 1.3, 0.75, 0.05, (1.3, 2.2)


@dataclass(frozen=True)
class Heard:
    """One tune. Each pair is (true, ours).

    inside   share of the lead's sounding time in the chord
    pace     chords a bar
    clashes  share of clashes in the whole
    ends     share of phrases that end on the tonic's or the dominant's chord
    opens    whether it opens on the tonic's chord, major or minor as the notes suggest
    agree    share of beats whose root and quality are the true ones; root: whose root is; shared: whose chord has two
             tones or more of the true one
    plain    the same as `agree`, of the plain model; plain_pace: its chords a bar
    obeyed   notes of chords and bass on strong beats in our chord, and all of them
    nats     of the lead's pitches given true chords, ours and the plain model's
    beside   of the same beside our whole band, and beside MMA over the plain model's chords; None where MMA is not
             installed, or has no groove for the metre
    """

    dataset: str
    inside: tuple[float, float]
    pace: tuple[float, float]
    clashes: tuple[float, float]
    ends: tuple[float, float]
    opens: tuple[bool, bool]
    agree: float
    root: float
    shared: float
    plain: float
    plain_pace: float
    obeyed: tuple[int, int]
    nats: tuple[float, float, float]
    beside: tuple[float, float] | None


def heard(model: BandLSTM, works: Sequence[Work], seed: int = 0) -> list[Heard]:
    """Accompany the tunes of some works of one set."""
    found = []
    for i, work in enumerate(tqdm(works, desc="accompany", unit="tune", leave=False)):
        score = _excerpt(work.score)
        if score is not None:
            found.append(_one(model, work, score, seed + i))
    return found


def _excerpt(score: FullScore) -> FullScore | None:
    """The first `BARS` bars from the one where the lead begins; None if it has too few notes."""
    leads = np.array([part.role == "lead" for part in score.parts])[score.part]
    bar = score.bars[0][1] if score.bars and score.bars[0][1] else 4.0
    if leads.sum() < FEWEST:
        return None
    line = score.bars[0][0] if score.bars else 0.0
    start = max(line + np.floor((float(score.onset[leads].min()) - line) / bar + 1e-6) * bar, 0.0)
    some = cut(score, start, start + BARS * bar)
    leads = np.array([part.role == "lead" for part in some.parts])[some.part]
    return some if leads.sum() >= FEWEST else None


def _one(model: BandLSTM, work: Work, score: FullScore, seed: int) -> Heard:
    tones = np.array([part.role != "drums" for part in score.parts])[score.part]
    key = score.key or find_key(score.pitch[tones], score.duration[tones])
    values = score.chords or hear_chords(score.onset[tones], score.duration[tones], score.pitch[tones], score.bars)
    said = [(at, symbol_of(value, 0, key)) for at, value in values]
    truth: Chords = tuple(each for i, each in enumerate(said) if not i or each[1] != said[i - 1][1])  # changes alone
    full = song(replace(score, chords=()))
    lead = next(part for part in full.parts if part.role == "lead")
    tune = replace(full, parts=(lead,))
    apart = np.diff(lead.notes.onset, prepend=-1.0) > 0
    top = lead.notes[apart]
    beside = accompanied(Reading(tune, top), BANDS[JOINED.get(work.dataset, TRIO)], work.style, 0.0, seed)
    [take] = play_on(model, [BandPrompt(seed=seed, style=beside.style, beside=beside)])
    assert take.whole is not None
    ours = take.whole
    plain = plainly(tune, key)
    beats, _ = beats_of(float(lead.notes.onset[-1]) + 0.01, bar_marks(tune), tune.metre)
    beats = beats[beats >= truth[0][0] - 1e-6] if truth else beats
    true_at, ours_at, plain_at = (_ruling(chords, beats) for chords in (truth, ours.chords, plain))
    bar = bar_marks(tune)[0][1] if bar_marks(tune) else 4.0
    length = max(1.0, lead.notes.end / bar)
    end = float(np.ceil(lead.notes.end))
    theirs = mma.played_by_mma(tune, plain, work.style) if mma.here() else None
    over = [nats_of_lead(model, replace(tune, chords=chords), work.style) for chords in (truth, ours.chords, plain)]
    bands = [nats_of_lead(model, each, work.style) for each in (ours, theirs) if each is not None]
    home = believed(key, score.pitch[tones], score.duration[tones]).pitch_class
    return Heard(
        work.dataset,
        (_inside(lead.notes.onset, lead.notes.duration, lead.notes.pitch, truth),
         _inside(lead.notes.onset, lead.notes.duration, lead.notes.pitch, ours.chords)),
        (len(truth) / length, len(ours.chords) / length),
        (_clashes(full, end), _clashes(ours, end)),
        (_ends(lead.notes.onset, truth, key), _ends(lead.notes.onset, ours.chords, key)),
        (_opens(true_at, home), _opens(ours_at, home)),
        float((true_at == ours_at).mean()),
        float((true_at % 12 == ours_at % 12).mean()),
        float((_shared(true_at, ours_at) >= 2).mean()),
        float((true_at == plain_at).mean()),
        len(plain) / length,
        obeyed(ours),
        (over[0], over[1], over[2]),
        (bands[0], bands[1]) if theirs else None,
    )  # fmt: skip


def _ruling(chords: Chords, times: Reals) -> np.ndarray:
    """(times,) the chord 0 … CHORDS − 1 in force, −1 for none."""
    when = np.array([at for at, _ in chords])
    values = np.array([value_of(symbol) - FIRST_CHORD for _, symbol in chords] + [-1])
    return np.asarray(values[np.searchsorted(when, times + 1e-6, side="right") - 1])


def _shared(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(beats,) how many tones two chords in force (beats,) have in common."""
    tones = [
        np.array([np.roll(IN_CHORD[chord // 12], chord % 12) & (chord >= 0) for chord in each]) for each in (one, other)
    ]
    return np.asarray((tones[0] & tones[1]).sum(1))


def _inside(onset: Reals, duration: Reals, pitch: np.ndarray, chords: Chords) -> float:
    ruling = _ruling(chords, onset)
    known = ruling >= 0
    inside = IN_CHORD[ruling // 12, (pitch - ruling) % 12] & known
    return float((duration * inside).sum() / max((duration * known).sum(), 1e-9))


def _clashes(whole: Song, end: float) -> float:
    columns = [(p.notes.onset, p.notes.ends, p.notes.pitch, np.full(len(p.notes), not p.drums)) for p in whole.parts]
    notes = statistics.Notes(*(np.concatenate(column) for column in zip(*columns, strict=True)))
    return statistics.statistics(notes, 0.0, np.ceil(end / 4) * 4).get("clashes", 0.0)


def _ends(onset: Reals, chords: Chords, key: Key) -> float:
    last = np.append(np.diff(onset) >= PHRASE_END, True)
    root = (_ruling(chords, onset[last]) - key.pitch_class) % 12
    return float(np.isin(root, (0, 7)).mean())


def _opens(ruling: np.ndarray, home: int) -> bool:
    """Whether the first chord of those in force (beats,) has this pitch class as its root."""
    known = ruling[ruling >= 0]
    return bool(len(known) and known[0] % 12 == home)


def obeyed(whole: Song) -> tuple[int, int]:
    """How many notes of chords and bass at the start and the middle of a bar are in the chord; how many there are."""
    marks = bar_marks(whole)
    inside = notes = 0
    for part in whole.parts:
        if part.role not in ("chords", "bass") or part.written is None:
            continue
        tick = np.round((part.notes.onset[-len(part.written.late) :] - part.written.late) * 24) / 24
        line, bar = marks[0] if marks else (0.0, 4.0)
        place = (tick - line) % bar
        strong = (np.minimum(place, bar - place) < 1e-6) | (abs(place - bar / 2) < 1e-6)
        ruling = _ruling(whole.chords, tick)
        pitch = part.notes.pitch[-len(tick) :]
        known = strong & (ruling >= 0)
        inside += int((IN_CHORD[ruling // 12, (pitch - ruling) % 12] & known).sum())
        notes += int(known.sum())
    return inside, notes


@torch.inference_mode()
def nats_of_lead(model: BandLSTM, played: Song, style: str) -> float:
    """Nats of each pitch of a song's first part, with all that is before it: its chords and the other parts."""
    piece = encode_song(played, style)
    batch = collate([whole(piece)])
    found, _ = loss(model.eval(), batch)
    value = found["value"][0].cpu().numpy()
    rows = piece.encoded.rows[1:]
    lead = rows[:, PART] == piece.slots[0]
    return float(value[: len(rows)][lead].mean())


def figures(every: Sequence[Heard]) -> list[Figure]:
    """The lines of the card."""
    lines = []
    for name in dict.fromkeys(each.dataset for each in every):
        some = [each for each in every if each.dataset == name]
        true, ours = np.mean([each.inside for each in some], 0)
        what = f"lead in the chord, distance from the true share ({true:.3f}; ours {ours:.3f})"
        lines.append(Figure(what, name, float(abs(ours - true)), None, NEAR_BAR, form=".3f"))
        true, ours = np.mean([each.pace for each in some], 0)
        if name == "pop909":
            lines.append(Figure(f"chords a bar, at least (true: {true:.2f})", name, ours, true, POP_PACE[0], True))
            lines.append(Figure("chords a bar, at most", name, ours, true, POP_PACE[1]))
        else:
            lines.append(Figure("chords a bar (baseline: the true ones)", name, ours, true))
        agree, root, shared, plain = np.mean([(each.agree, each.root, each.shared, each.plain) for each in some], 0)
        also = f"root alone: {root:.3f}; two tones of the true chord or more: {shared:.3f}"
        what = f"beats with the true root and quality ({also}; baseline: plain model)"
        lines.append(Figure(what, name, agree, plain, AGREE_BAR, True, ".3f"))
        true, ours = np.mean([each.ends for each in some], 0)
        lines.append(Figure("phrases that end on tonic or dominant (baseline: true)", name, ours, true, form=".3f"))
        true, ours = np.mean([each.opens for each in some], 0)
        lines.append(Figure("tunes that open on the tonic (baseline: true)", name, ours, true))
        true, ours = np.mean([each.clashes for each in some], 0)
        if true > 0:  # not where a tune alone is known
            what = f"clashes of the whole, times the true share ({true:.3f})"
            lines.append(Figure(what, name, ours / true, 1.0, CLASH_BAR))
        inside, notes = np.sum([each.obeyed for each in some], 0)
        if notes:
            what = f"notes of chords and bass on strong beats in the chord ({notes:,} notes)"
            lines.append(Figure(what, name, inside / notes, None, OBEY_BAR, True, ".3f"))
        true, ours, plain = np.mean([each.nats for each in some], 0)
        likelier = float(np.mean([each.nats[1] < each.nats[2] for each in some]))
        truly = float(np.mean([each.nats[0] < each.nats[2] for each in some]))
        pace = float(np.mean([each.plain_pace for each in some]))
        nats = f"{ours:.3f} nats a pitch; true chords {true:.3f}; plain model {plain:.3f}, with {pace:.2f} chords a bar"
        what = f"tunes likelier over our chords than over the plain model's ({nats}; baseline: true chords)"
        lines.append(Figure(what, name, likelier, truly, LIKELIER_BAR, True))
        if pairs := [each.beside for each in some if each.beside]:
            ours, theirs = np.mean(pairs, 0)
            likelier = float(np.mean([one < other for one, other in pairs]))
            what = f"tunes likelier beside our band than beside MMA's ({ours:.3f} against {theirs:.3f} nats a pitch, "
            lines.append(Figure(f"{what}{len(pairs)} tunes)", name, likelier, 0.5, LIKELIER_BAR, True))
    return lines


def in_words(every: Sequence[Heard]) -> str:
    """How many tunes of each set were accompanied, and by whom."""
    names = [each.dataset for each in every]
    return table(
        ["set", "band", "tunes"],
        [[name, JOINED.get(name, TRIO), str(names.count(name))] for name in dict.fromkeys(names)],
    )
