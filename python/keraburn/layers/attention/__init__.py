"""Layers of attention."""

from keraburn.layers.attention.additive import AdditiveAttention
from keraburn.layers.attention.dot import Attention
from keraburn.layers.attention.grouped import GroupQueryAttention
from keraburn.layers.attention.multi_head import MultiHeadAttention
