"""The architectures there are: a literal dict from name to model and sizes."""

from generation.models.attentive_lstm import AttentiveLSTM, Sizes

MODELS = {"attentive_lstm": (AttentiveLSTM, Sizes)}
