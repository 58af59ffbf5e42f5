"""The Llama architecture in plain PyTorch: the peer that Persea's training is measured against and held to.

The same arithmetic as Persea's model: RMSNorm, rotary positions in half-split form, query, key and value as one product,
gate and up as one product, SwiGLU or an ungated squared ReLU, the head tied to the embedding. Where PyTorch offers two ways
to the same result, `Options` names them, so that the peer can run at its best.
"""

import dataclasses
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclasses.dataclass
class Shape:
    dim: int
    layers: int
    heads: int
    hidden: int
    vocab: int
    activation: str = "swiglu"  # or "relu_squared": down(relu(up(x))^2), no gate
    norm_eps: float = 1e-5
    rope_theta: float = 10000.0

    def product_parameters(self):
        gates = 2 if self.activation == "swiglu" else 1
        layer = 4 * self.dim * self.dim + (gates + 1) * self.dim * self.hidden
        return self.layers * layer + self.vocab * self.dim

    def flops_per_token(self, length):
        """Forward and backward: 6 per parameter in products, and the causal half of attention's two products."""
        return 6 * self.product_parameters() + 6 * self.layers * length * self.dim


@dataclasses.dataclass
class Options:
    attention: str = "manual"  # softmax(QK^T)V written out, or "sdpa": scaled_dot_product_attention
    norm: str = "manual"  # or "torch": F.rms_norm
    head: str = "logits"  # all logits at once, or "chunked": F.linear_cross_entropy in chunks


class Norm(nn.Module):
    def __init__(self, dim, eps, kind):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps
        self.kind = kind

    def forward(self, x):
        if self.kind == "torch":
            return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def linear(inputs, outputs):
    layer = nn.Linear(inputs, outputs, bias=False)
    nn.init.normal_(layer.weight, 0.0, 0.02)
    return layer


def rotate(x, cos, sin):
    low, high = x.chunk(2, -1)
    return torch.cat((low * cos - high * sin, high * cos + low * sin), -1)


class Block(nn.Module):
    def __init__(self, shape, options):
        super().__init__()
        self.shape, self.options = shape, options
        self.attention_norm = Norm(shape.dim, shape.norm_eps, options.norm)
        self.qkv = linear(shape.dim, 3 * shape.dim)
        self.o = linear(shape.dim, shape.dim)
        self.mlp_norm = Norm(shape.dim, shape.norm_eps, options.norm)
        self.up = linear(shape.dim, shape.hidden * (2 if shape.activation == "swiglu" else 1))  # gate rows first
        self.down = linear(shape.hidden, shape.dim)

    def attend(self, x, cos, sin, hidden_from):
        batch, length, dim = x.shape
        size = dim // self.shape.heads
        q, k, v = (t.view(batch, length, self.shape.heads, size).transpose(1, 2) for t in self.qkv(x).split(dim, -1))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if self.options.attention == "sdpa":
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(size))
            y = scores.masked_fill(hidden_from, float("-inf")).softmax(-1) @ v
        return self.o(y.transpose(1, 2).reshape(batch, length, dim))

    def mlp(self, x):
        if self.shape.activation == "swiglu":
            gate, up = self.up(x).chunk(2, -1)
            return self.down(F.silu(gate) * up)
        return self.down(F.relu(self.up(x)).square())

    def forward(self, x, cos, sin, hidden_from):
        x = x + self.attend(self.attention_norm(x), cos, sin, hidden_from)
        return x + self.mlp(self.mlp_norm(x))


class Llama(nn.Module):
    def __init__(self, shape, length, options=None):
        super().__init__()
        self.shape, self.options = shape, options or Options()
        self.embedding = nn.Embedding(shape.vocab, shape.dim)
        nn.init.normal_(self.embedding.weight, 0.0, 0.02)
        self.blocks = nn.ModuleList(Block(shape, self.options) for _ in range(shape.layers))
        self.norm = Norm(shape.dim, shape.norm_eps, self.options.norm)
        size = shape.dim // shape.heads
        # In double, rounded once: the tables are then right to the last bit of whatever type the model has.
        inverse = shape.rope_theta ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
        angles = torch.outer(torch.arange(length, dtype=torch.float64), inverse)
        self.register_buffer("cos", angles.cos().to(torch.get_default_dtype()), persistent=False)
        self.register_buffer("sin", angles.sin().to(torch.get_default_dtype()), persistent=False)
        self.register_buffer("hidden_from", torch.ones(length, length, dtype=torch.bool).triu(1), persistent=False)

    def forward(self, tokens, targets):
        """tokens and targets [batch, length] -> the mean negative log-likelihood in nats per token."""
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, self.cos, self.sin, self.hidden_from)
        x = self.norm(x)
        if self.options.head == "chunked":
            # Flat rows: the chunked path splits along tokens.
            return F.linear_cross_entropy(x.reshape(-1, self.shape.dim), self.embedding.weight, targets.reshape(-1),
                                          options=nn.LinearCrossEntropyOptions())
        logits = F.linear(x, self.embedding.weight)
        return F.cross_entropy(logits.view(-1, self.shape.vocab), targets.reshape(-1))


def parameter_groups(model, weight_decay):
    """Weight decay acts on matrices, the tied embedding among them, and not on the gains of norms."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    gains = [p for p in model.parameters() if p.dim() < 2]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": gains, "weight_decay": 0.0}]


def hugging_face_tensors(model):
    """The weights by their names in a Hugging Face Llama directory."""
    shape = model.shape
    tensors = {"model.embed_tokens.weight": model.embedding.weight, "model.norm.weight": model.norm.weight}
    for i, block in enumerate(model.blocks):
        at = f"model.layers.{i}."
        q, k, v = block.qkv.weight.split(shape.dim)
        tensors[at + "input_layernorm.weight"] = block.attention_norm.weight
        tensors[at + "self_attn.q_proj.weight"] = q
        tensors[at + "self_attn.k_proj.weight"] = k
        tensors[at + "self_attn.v_proj.weight"] = v
        tensors[at + "self_attn.o_proj.weight"] = block.o.weight
        tensors[at + "post_attention_layernorm.weight"] = block.mlp_norm.weight
        up = block.up.weight
        if shape.activation == "swiglu":
            gate, up = up.split(shape.hidden)
            tensors[at + "mlp.gate_proj.weight"] = gate
        tensors[at + "mlp.up_proj.weight"] = up
        tensors[at + "mlp.down_proj.weight"] = block.down.weight
    return {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}


def hugging_face_config(shape, length):
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": shape.vocab,
        "hidden_size": shape.dim,
        "intermediate_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads,
        "head_dim": shape.dim // shape.heads,
        "hidden_act": "silu",
        "max_position_embeddings": length,
        "rms_norm_eps": shape.norm_eps,
        "rope_theta": shape.rope_theta,
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "torch_dtype": "float32",
    }
