"""Our T5 and HuBERT against those of transformers, where that package is installed."""

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture
def shaken():
    """Return a function that moves weights away from their tidy beginnings."""

    def move(model):
        torch.manual_seed(0)
        with torch.no_grad():
            for p in model.parameters():
                p.add_(0.1 * torch.randn_like(p))
        return model.eval()

    return move


@pytest.mark.parametrize("gated", [True, False])
def test_the_encoder_of_t5(shaken, gated):
    from cardioprint.benchmark.peers.nets.t5 import Encoder, sizes

    config = transformers.T5Config(
        d_model=64,
        d_ff=96,
        d_kv=16,
        num_heads=4,
        num_layers=3,
        vocab_size=8,
        feed_forward_proj="gated-gelu" if gated else "relu",
    )
    theirs = shaken(transformers.T5EncoderModel(config)).encoder
    state = {k: v for k, v in theirs.state_dict().items() if k != "embed_tokens.weight"}
    named = {f"encoder.{k}": v for k, v in state.items()}
    found = sizes(named, "wi_0" if gated else "wi")
    assert found == {"features": 64, "hidden": 96, "heads": 4, "layers": 3, "size": 16}
    ours = Encoder(**found, gated=gated).eval()
    ours.load_state_dict(state, strict=True)
    x, seen = torch.randn(2, 200, 64), torch.ones(2, 200, dtype=torch.bool)
    seen[1, :40] = False
    with torch.no_grad():
        expected = theirs(inputs_embeds=x, attention_mask=seen.float()).last_hidden_state
        assert torch.allclose(ours(x, seen)[seen], expected[seen], atol=1e-4)


def test_hubert_over_twelve_leads(shaken):
    from cardioprint.benchmark.peers.hubert_ecg import HUBERT_ECG

    config = transformers.HubertConfig(
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=200,
        conv_dim=[64] * 5,
        conv_kernel=[10, 3, 3, 2, 2],
        conv_stride=[4, 2, 2, 2, 2],
        num_feat_extract_layers=5,
    )
    theirs = shaken(transformers.HubertModel(config))
    state = HUBERT_ECG.select(dict(theirs.state_dict()))
    ours = HUBERT_ECG.build(state).eval()
    ours.load_state_dict(state, strict=True)
    lead = torch.randn(2, 1, 500)
    leads = torch.zeros(2, 12, 500)
    leads[:, 4] = lead[:, 0]
    with torch.no_grad():
        expected = theirs(leads.flatten(1)).last_hidden_state.mean(dim=1)
        assert torch.allclose(ours(lead, (4,)), expected, atol=1e-4)
