"""What a training step costs n ranks: a model that is fed with what `persea bench ranks` has measured of a rank's arithmetic, and with a network that is stated.

It follows src/train/shared_step.h. A rank's passes make gradients, the last pass one after the other from the head to the embedding; each is cut among its owners
(the layout, which persea itself tells), and what others own leaves at once. A machine sends and receives at the network's rate, each way, in the order in which things
became ready; an owner of a piece receives it from everyone. Owners add up, all tell each other their sums, owners update and send to everyone.

All machines are alike and hold as many ranks; no rank is late, no machine slow, and no link but the machines' own is ever full. So it is a lower bound of what a real
cluster needs, and what it shows is where the design itself stops scaling.
"""

from dataclasses import dataclass

FLOAT = 4  # bytes
GATHERS = 3  # in a step: its reports, and twice whether all goes well


@dataclass
class Network:
    name: str
    latency: float  # seconds of a message
    rate: float  # bytes a second, each way: of a machine, or where memory is the network, of a rank
    overhead: float = 0  # seconds of a processor for each message, at both ends
    background: bool = True  # bytes move while ranks compute; False: moving them is their work, as in shared memory


@dataclass
class Step:
    passes: float
    moving: float  # seconds in which messages are awaited or made, and nothing is computed
    adding: float
    update: float

    @property
    def seconds(self):
        return self.passes + self.moving + self.adding + self.update


class Rank:
    """A rank's arithmetic, as measured by `persea bench ranks --json` with `sequences` in all."""

    def __init__(self, measured):
        self.sequences = measured["sequences"] / measured["ranks"]
        self.passes = measured["passes_seconds"]
        # The bench runs all its passes before the last one's gradients are there: they are placed from the end.
        last = measured["gradients"][-1][2]
        self.gradients = [(name, count, last - at) for name, count, at in measured["gradients"]]
        self.elements = sum(count for _, count, _ in self.gradients)
        self.update = measured["update_seconds_per_element"]
        self.adding = measured["adding_seconds_per_element"]


def step(rank, layout, ranks, sequences, network, on_machine=1, crowd=1.0):
    """The seconds of a step of `ranks` ranks with so many `sequences` each, `on_machine` of them on each machine, where each of them is `crowd` times slower
    than measured. `layout`: [parameter, elements, owner] of all shards."""
    passes = rank.passes * sequences / rank.sequences * crowd
    if ranks == 1:
        return Step(passes, 0, 0, rank.elements * rank.update * crowd)
    shards, owned = {}, [0] * ranks
    for name, count, owner in layout:
        shards.setdefault(name, []).append((count, owner))
        owned[owner] += count
    most = max(owned)
    adding = most * (ranks - 1) * rank.adding * crowd
    update = most * rank.update * crowd
    messages = len(layout) - len(layout) / ranks + len(layout) / ranks * (ranks - 1)  # sent and received by a rank, one way
    gathers = GATHERS * (network.latency + 2 * (ranks - 1) * network.overhead)
    work = 2 * messages * network.overhead * crowd + gathers
    moved = FLOAT * rank.elements * (ranks - 1) / ranks  # by each rank, each way, of gradients and again of weights
    if not network.background:
        return Step(passes, work + 2 * moved / network.rate * crowd + 2 * network.latency, adding, update)

    machines = -(-ranks // on_machine)
    if machines == 1:
        raise ValueError("ranks of one machine have its memory for a network")
    receiving, sending, end = [0.0] * machines, 0.0, 0.0
    slow = passes / rank.passes if sequences < rank.sequences else crowd
    for name, _, before_end in rank.gradients:
        ready = passes - min(passes, before_end * slow)
        for count, owner in shards.get(name, ()):
            arriving = (ranks - on_machine) * count * FLOAT / network.rate
            home = owner // on_machine
            receiving[home] = max(receiving[home], ready) + arriving
            sending = max(sending, ready) + on_machine * (machines - 1) / machines * count * FLOAT / network.rate
            end = max(end, receiving[home], sending)
    weights = on_machine * FLOAT * rank.elements * (ranks - on_machine) / ranks / network.rate
    exposed = max(0.0, end + network.latency - passes) + weights + network.latency
    return Step(passes, work + exposed, adding, update)
