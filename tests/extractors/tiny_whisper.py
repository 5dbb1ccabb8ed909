"""A Whisper of random weights that says letters: enough to hear whether the wiring of a recogniser holds."""

import string
from pathlib import Path

import pytest

SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|de|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
    *(f"<|{step * 0.02:.2f}|>" for step in range(1501)),
)
SAID = (*string.ascii_lowercase, "\u0120")
"""What the random model may say: letters and the blank, as its tokenizer writes it."""


def tiny_whisper(folder: Path) -> Path:
    """Write model, tokenizer and feature extractor; return the folder."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    vocabulary = {token: number for number, token in enumerate((*bytes_to_unicode().values(), *SPECIAL))}
    tokenizer = transformers.WhisperTokenizer(vocab=vocabulary, merges=[])
    tokenizer.add_tokens([transformers.AddedToken(token, special=True) for token in SPECIAL], special_tokens=True)
    number = tokenizer.convert_tokens_to_ids
    torch.manual_seed(3)
    config = transformers.WhisperConfig(
        vocab_size=len(tokenizer),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_target_positions=64,
        num_mel_bins=80,
        pad_token_id=number("<|endoftext|>"),
        bos_token_id=number("<|endoftext|>"),
        eos_token_id=number("<|endoftext|>"),
        decoder_start_token_id=number("<|startoftranscript|>"),
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    model = transformers.WhisperForConditionalGeneration(config)
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=number("<|endoftext|>"),
        eos_token_id=number("<|endoftext|>"),
        pad_token_id=number("<|endoftext|>"),
        decoder_start_token_id=number("<|startoftranscript|>"),
        is_multilingual=True,
        lang_to_id={"<|en|>": number("<|en|>"), "<|de|>": number("<|de|>")},
        task_to_id={"transcribe": number("<|transcribe|>"), "translate": number("<|translate|>")},
        no_timestamps_token_id=number("<|notimestamps|>"),
        alignment_heads=[[0, 0]],
        # random weights would say bytes that are no text, or nothing at all
        suppress_tokens=[id_ for token, id_ in vocabulary.items() if token not in SAID and "." not in token],
        begin_suppress_tokens=[],
        max_length=40,
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    return folder
