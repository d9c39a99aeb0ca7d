"""The one natural path of a request: read, sample, finish, all in this process and one after the other."""

from dataclasses import replace
from time import perf_counter

from generation.model.performer import Performer
from generation.play.prompts import prompts
from generation.play.session import sample
from generation.request import Reply, Request
from generation.serve.craft import answer, listen, make


def play(request: Request, performer: Performer) -> Reply:
    """From attachment to files; take i has the seed `request.seed` + i. Raises `Refusal`."""
    began = perf_counter()
    reading = listen(request)
    heard = perf_counter()
    wholes = sample(performer, prompts(request, reading))
    sampled = perf_counter()
    takes = [make(request, reading, whole, i) for i, whole in enumerate(wholes)]
    timings = {"read": heard - began, "sample": sampled - heard, "finish": perf_counter() - sampled}
    return replace(answer(request, reading, wholes[0], takes), timings=timings)
