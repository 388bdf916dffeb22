"""A file with the published names and shapes fits, exactly, and gives embeddings of its size.

Names and shapes are written down here by the rules of the published code, one function a model.
"""

import math

import pytest

from cardioprint.benchmark.peers.catalogue import PEERS, load_peer
from cardioprint.errors import ModelError

torch = pytest.importorskip("torch")


def linear(name, outputs, inputs, bias=True):
    return {f"{name}.weight": (outputs, inputs)} | ({f"{name}.bias": (outputs,)} if bias else {})


def conv(name, outputs, inputs, kernel, bias=True):
    found = {f"{name}.weight": (outputs, inputs, kernel)}
    return found | ({f"{name}.bias": (outputs,)} if bias else {})


def layer_norm(name, size):
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}


def batch_norm(name, size):
    keys = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{k}": (size,) for k in keys} | {f"{name}.num_batches_tracked": ()}


def resnet1d(width, kernel, blocks):
    out = conv("first_block_conv.conv", width, 1, kernel) | batch_norm("first_block_bn", width)
    for i in range(blocks):
        before = width * 2 ** max((i - 1) // 4, 0)
        after = width * 2 ** (i // 4)
        name = f"basicblock_list.{i}."
        out |= batch_norm(f"{name}bn1", before) | batch_norm(f"{name}bn2", after)
        out |= conv(f"{name}conv1.conv", after, before, kernel)
        out |= conv(f"{name}conv2.conv", after, after, kernel)
    return out


def papagei_p():
    return resnet1d(32, 3, 18) | batch_norm("final_bn", 512) | linear("dense", 512, 512)


def papagei_s():
    out = papagei_p()
    for head, last in ((1, 2), (2, 3)):
        out |= linear(f"gating_network_{head}.0", 3, 512)
        for k in range(3):
            out |= linear(f"expert_layers_{head}.{k}.0", 256, 512)
            out |= linear(f"expert_layers_{head}.{k}.{last}", 1, 256)
    return out


def net1d(filters, blocks, kernel):
    out = conv("first_conv.conv", 64, 1, kernel) | batch_norm("first_bn", 64)
    for stage, (n, size) in enumerate(zip(blocks, filters, strict=True)):
        for i in range(n):
            before = size if i else (64, *filters)[stage]
            name = f"stage_list.{stage}.block_list.{i}."
            for k, channels in ((1, before), (2, size), (3, size)):
                out |= batch_norm(f"{name}bn{k}", channels)
            out |= conv(f"{name}conv1.conv", size, before, 1)
            out |= conv(f"{name}conv2.conv", size, 16, kernel)  # groups of 16 channels
            out |= conv(f"{name}conv3.conv", size, size, 1)
            out |= linear(f"{name}se_fc1", size // 2, size)
            out |= linear(f"{name}se_fc2", size, size // 2)
    return out


def anyppg():
    return net1d((64, 160, 160, 400, 400, 512), (2, 2, 2, 3, 3, 1), 3)


def ecgfounder():
    stages = (64, 160, 160, 400, 400, 1024, 1024), (2, 2, 2, 3, 3, 4, 4)
    return net1d(*stages, 16) | linear("dense", 150, 1024)


def t5(name, features, hidden, heads, layers, gated, cross=False):
    inner = 64 * heads
    out: dict[str, tuple[int, ...]] = {f"{name}.final_layer_norm.weight": (features,)}
    out[f"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = (32, heads)
    for i in range(layers):
        kinds = ["SelfAttention", *(["EncDecAttention"] if cross else [])]
        for k, kind in enumerate(kinds):
            layer = f"{name}.block.{i}.layer.{k}."
            for p in "qkv":
                out |= linear(f"{layer}{kind}.{p}", inner, features, bias=False)
            out |= linear(f"{layer}{kind}.o", features, inner, bias=False)
            out[f"{layer}layer_norm.weight"] = (features,)
        layer = f"{name}.block.{i}.layer.{len(kinds)}."
        for wide in ("wi_0", "wi_1") if gated else ("wi",):
            out |= linear(f"{layer}DenseReluDense.{wide}", hidden, features, bias=False)
        out |= linear(f"{layer}DenseReluDense.wo", features, hidden, bias=False)
        out[f"{layer}layer_norm.weight"] = (features,)
    return out


def moment(features=512, hidden=1024, heads=6, layers=8):
    return t5("encoder", features, hidden, heads, layers, gated=True) | {
        "patch_embedding.value_embedding.weight": (features, 8),
        "patch_embedding.mask_embedding": (features,),
        "patch_embedding.position_embedding.pe": (1, 5000, features),
        "encoder.embed_tokens.weight": (32_128, features),
        **linear("head.linear", 8, features),
    }


def chronos_bolt(features=256, hidden=1024, heads=4, layers=4):
    out = {"shared.weight": (2, features)}
    out |= t5("encoder", features, hidden, heads, layers, gated=False)
    out |= t5("decoder", features, hidden, heads, layers, gated=False, cross=True)
    for name, inputs, outputs in (
        ("input_patch_embedding", 32, features),
        ("output_patch_embedding", features, 9 * 64),
    ):
        out |= linear(f"{name}.hidden_layer", hidden, inputs)
        out |= linear(f"{name}.output_layer", outputs, hidden)
        out |= linear(f"{name}.residual_layer", outputs, inputs)
    return out


def csfm(features=768, hidden=1024, heads=8, layers=6):
    out = {
        "cls_token": (1, 1, features),
        "ts_channel_type_embedding": (1, 13, features),
        "text_type_embedding": (1, 1, features),
        "ts_pos_embedding": (1, 100, features),
        "text_pos_embedding": (1, 64, features),
        "text_to_embedding.0.weight": (30_522, features),
        **layer_norm("text_to_embedding.1", features),
        **layer_norm("ts_to_patch_embedding.1", 25),
        **linear("ts_to_patch_embedding.2", features, 25),
        **layer_norm("ts_to_patch_embedding.3", features),
        **layer_norm("transformer.norm", features),
        **linear("mlp_head", 1, features),
    }
    for i in range(layers):
        name = f"transformer.layers.{i}."
        out |= layer_norm(f"{name}0.norm", features)
        out |= linear(f"{name}0.to_qkv", 3 * 64 * heads, features, bias=False)
        out |= linear(f"{name}0.to_out.0", features, 64 * heads)
        out |= layer_norm(f"{name}1.net.0", features)
        out |= linear(f"{name}1.net.1", hidden, features)
        out |= linear(f"{name}1.net.4", features, hidden)
    return out


def hubert_ecg(features=512, layers=8, new=False):
    conv_pos = "encoder.pos_conv_embed.conv."
    size, direction = (
        ("parametrizations.weight.original0", "parametrizations.weight.original1")
        if new
        else ("weight_g", "weight_v")
    )
    out = {
        "masked_spec_embed": (features,),
        **layer_norm("feature_projection.layer_norm", 512),
        **linear("feature_projection.projection", features, 512),
        **layer_norm("feature_extractor.conv_layers.0.layer_norm", 512),
        **layer_norm("encoder.layer_norm", features),
        f"{conv_pos}{size}": (1, 1, 128),
        f"{conv_pos}{direction}": (features, features // 16, 128),
        f"{conv_pos}bias": (features,),
        **linear("final_proj.0", 256, features),
        "label_embedding.0.weight": (100, 256),
    }
    for i, kernel in enumerate((10, 3, 3, 2, 2)):
        name = f"feature_extractor.conv_layers.{i}.conv"
        out |= conv(name, 512, 512 if i else 1, kernel, bias=False)
    for i in range(layers):
        name = f"encoder.layers.{i}."
        for p in "qkv":
            out |= linear(f"{name}attention.{p}_proj", features, features)
        out |= linear(f"{name}attention.out_proj", features, features)
        out |= layer_norm(f"{name}layer_norm", features)
        out |= linear(f"{name}feed_forward.intermediate_dense", 4 * features, features)
        out |= linear(f"{name}feed_forward.output_dense", features, 4 * features)
        out |= layer_norm(f"{name}final_layer_norm", features)
    return out


def openecg():
    out = {
        "pos_enc": (1, 512, 128),
        **conv("conv_tok", 128, 1, 20),
        **linear("head", 4, 128),
        **linear("head_sample", 4, 128),
        **linear("beat_sample", 6, 128),
        **linear("rhythm_sample", 6, 128),
        **conv("refine.0", 128, 128, 5),
        **conv("refine.2", 128, 128, 5),
    }
    for i in range(4):
        out |= conv(f"lower_convs.{i}", 128, 128, 7) | layer_norm(f"lower_norms.{i}", 128)
        name = f"upper_transformer.layers.{i}."
        out |= {f"{name}self_attn.in_proj_weight": (384, 128)}
        out |= {f"{name}self_attn.in_proj_bias": (384,)}
        out |= linear(f"{name}self_attn.out_proj", 128, 128)
        out |= linear(f"{name}linear1", 256, 128) | linear(f"{name}linear2", 128, 256)
        out |= layer_norm(f"{name}norm1", 128) | layer_norm(f"{name}norm2", 128)
    return out


FILES = {
    "papagei_s": (papagei_s(), {"prefix": "module."}),
    "papagei_p": (papagei_p(), {"prefix": "module."}),
    "anyppg": (anyppg(), {}),
    "pulse_ppg": (resnet1d(128, 11, 12), {"name": "checkpoint_best.pkl", "wrap": "net"}),
    "ecgfounder": (ecgfounder(), {"wrap": "state_dict"}),
    "hubert_ecg": (hubert_ecg(), {"name": "model.safetensors"}),
    "csfm": (csfm(), {"prefix": "encoder."}),
    "moment": (moment(), {"name": "model.safetensors"}),
    "chronos_bolt": (chronos_bolt(), {"name": "model.safetensors"}),
    "openecg": (openecg(), {"wrap": "model_state"}),
}

MODALITIES = {"csfm": ("ecg", "ppg"), "moment": ("ecg",), "chronos_bolt": ("ppg",)}


def test_every_peer_has_its_rules():
    assert set(FILES) == set(PEERS)


@pytest.mark.parametrize("name", FILES)
def test_a_file_as_published_loads_and_embeds(name, people, write):
    shapes, how = FILES[name]
    encoder = load_peer(name, write(shapes, **how))
    assert encoder.kind == "peer"
    signals = people.only(*MODALITIES.get(name, encoder.modalities))
    found = encoder.embed(signals[:2])
    assert found.shape == (2, PEERS[name].features)
    assert not torch.tensor(found).isnan().any()


COUNTS = {
    "papagei_p": 4_993_024,
    "papagei_s": 5_785_612,
    "pulse_ppg": 28_497_920,
    "anyppg": 4_044_272,
    "chronos_bolt": 8_652_672,
    "openecg": 1_159_572,
}
"""Weights of the published files, as others report them."""


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_the_rules_count_the_published_weights(name, count):
    buffers = ("running_mean", "running_var", "num_batches_tracked", "pos_enc")
    sizes = {k: math.prod(s) for k, s in FILES[name][0].items() if not k.endswith(buffers)}
    assert sum(sizes.values()) == count


@pytest.mark.parametrize(
    ("name", "shapes", "features"),
    [
        ("moment", moment(768, 2048, 12, 2), 768),
        ("chronos_bolt", chronos_bolt(384, 1536, 8, 2), 384),
        ("csfm", csfm(768, 3072, 12, 2), 768),
        ("hubert_ecg", hubert_ecg(768, 2), 768),
        ("hubert_ecg", hubert_ecg(512, 2, new=True), 512),
    ],
)
def test_other_published_sizes_are_read_from_the_file(name, shapes, features, people, write):
    encoder = load_peer(name, write(shapes, name="model.safetensors"))
    signals = people.only(MODALITIES.get(name, encoder.modalities)[0])
    assert encoder.embed(signals[:1]).shape == (1, features)


@pytest.mark.parametrize("name", FILES)
def test_any_other_file_is_refused(name, write):
    shapes, how = FILES[name]
    core = ("basicblock_list", "stage_list", "encoder.", "upper_transformer", "transformer.")
    needed = [k for k in shapes if k.startswith(core) and "embed_tokens" not in k]
    last = needed[-1]
    broken = {k: s for k, s in shapes.items() if k != last}
    with pytest.raises(ModelError, match=r"not the weights of .*missing"):
        load_peer(name, write(broken, **how))
    with pytest.raises(ModelError, match=r"not the weights of .*(do not belong|other shapes)"):
        load_peer(name, write({**shapes, "surprise.weight": (2, 2)}, **how))
    with pytest.raises(ModelError, match="not the weights of"):
        load_peer(name, write({"layer.weight": (3, 3)}))


def test_wrong_shapes_are_named(write):
    shapes = {**papagei_p(), "dense.weight": (256, 512), "dense.bias": (256,)}
    with pytest.raises(
        ModelError, match=r"2 have other shapes \(dense.bias: \(256,\) for \(512,\)"
    ):
        load_peer("papagei_p", write(shapes))
