"""The architectures there are: a literal dict from name to model and sizes."""

from generation.model.networks.attentive_lstm import AttentiveLSTM, Sizes

MODELS = {"attentive_lstm": (AttentiveLSTM, Sizes)}
