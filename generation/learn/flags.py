"""The meaning of each setting of a training run, for `train --help` and `train-band --help`."""

# Setting → its meaning.
WHAT = {
    "data": "any folder of music files, read with all folders below it; or a folder of archives with splits.tsv",
    "out": "folder for the checkpoint, model.safetensors with model.json and model.memorised.npz; a run that was "
    "stopped goes on from here",
    "cache": "folder where tunes are kept once they have been read; delete it to read them again",
    "start": "a checkpoint to begin with instead of random weights, such as assets/encore.safetensors; its sizes are "
    "used",
    "epochs": "the most passes over the tunes",
    "minutes": "stop after so long, with the learning rate falling accordingly; 0: no limit",
    "length": "the most notes of a crop of a tune",
    "notes": "about how many notes a batch has; fewer need less memory",
    "rate": "learning rate at its highest",
    "weight_decay": "AdamW's weight decay",
    "expression": "weight of velocity, timing and articulation in the loss, beside 1 for onset, pitch and duration",
    "average": "share of the averaged weights that stays at each step; these are the weights that are kept",
    "patience": "stop after so many passes in a row that were no better on the tunes held out",
    "seed": "seed of the random numbers; the same seed gives the same run on the same machine",
    "threads": "threads of the processor; 0: as many as PyTorch chooses",
    "device": "cpu, cuda or cuda:1; empty: a GPU if there is one",
    "tensorboard": "folder for TensorBoard's files; empty: none",
    "width": "units of each layer; a multiple of four times the number of heads",
    "layers": "LSTMs, each with an attention after it",
    "heads": "heads of each attention",
    "dropout": "share of a layer that is dropped in training",
    "window": "how many notes back the attention sees; 0: no attention",
}
