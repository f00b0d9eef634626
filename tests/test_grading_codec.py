"""What a student's process may say: plain data comes through, everything else is refused, and nothing runs."""

import json
import pickle
import random

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from classroom.grading.codec import MOST_BYTES, CodecError, Opaque, decode, encode

PLAIN = [
    None, True, 0, -7, 2**80, 0.1, float("inf"), 1 + 2j, "Υ", b"\x00\xff", bytearray(b"x"), [], [1, [2, (3,)]],
    (1.5, None), {"a": 1, 2: [3], (1, 2): "x"},
]  # fmt: skip
ARRAYS = [
    np.arange(6).reshape(2, 3), np.float32(2.5), np.array(True), np.zeros((0, 3)), np.array([1j, np.nan]),
    np.arange(4, dtype=np.uint8)[::2], np.array([1.0, 2.0])[None].T,
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_data_come_back_as_they_are(value):
    back = decode(encode(value))
    assert back == value
    assert type(back) is (bytes if isinstance(value, bytearray) else type(value))


@pytest.mark.parametrize("value", ARRAYS, ids=repr)
def test_an_array_keeps_its_numbers_its_type_and_its_shape(value):
    back = decode(encode(value))
    assert back.dtype == value.dtype
    assert back.shape == np.shape(value)
    assert np.array_equal(back, value, equal_nan=value.dtype.kind in "fc")


def test_an_array_stays_one_of_its_library():
    tensor = decode(encode(torch.tensor([1.5, 2.0], dtype=torch.float64, requires_grad=True)))
    assert isinstance(tensor, torch.Tensor)
    assert tensor.dtype == torch.float64
    assert tensor.requires_grad
    assert not decode(encode(torch.ones(2, dtype=torch.bfloat16))).requires_grad
    assert isinstance(decode(encode(jnp.arange(3))), jax.Array)


@pytest.mark.parametrize(
    "value",
    [object(), len, np.array([object()]), jax.random.key(0), {1, 2}],
    ids=["object", "function", "array of objects", "random key", "set"],
)
def test_what_is_no_plain_data_is_a_name_alone(value):
    assert isinstance(decode(encode(value)), Opaque)


class _Liar:
    def __eq__(self, other):
        return True

    __hash__ = None

    def __array__(self, *_, **__):
        return np.ones(3)

    def __reduce__(self):
        return exit, (1,)


def test_an_object_that_lies_about_itself_is_a_name_alone():
    assert decode(encode({"ok": _Liar()})) == {"ok": Opaque("_Liar")}


class _Number(float):
    def __repr__(self):
        return "[]]]"


def test_a_subclass_of_a_number_is_a_name_alone():
    assert decode(encode([_Number(3)])) == [Opaque("_Number")]


@pytest.mark.parametrize(
    "message",
    [
        pickle.dumps(print), b"", b"\xff\xfe", b"{}", b'{"ok": 1}', b'["object", "os.system", "true"]', b"[]", b"[1]",
        b'["list"]', b'["list", 3]', b'["dict", [1]]', b'["dict", [[["list", []], 1]]]', b'["int", "zz"]',
        b'["complex", 1]', b'["bytes", "%%"]', b'["array"]', b"[" * 100_000, b"1" * 5000,
        json.dumps(["array", "object", [1], "AAAAAAAAAAA=", "numpy", False]).encode(),
        json.dumps(["array", "float64", [2], "AAAAAAAAAAA=", "numpy", False]).encode(),
        json.dumps(["array", "float64", [-1], "AAAAAAAAAAA=", "numpy", False]).encode(),
        json.dumps(["array", "float64", [1] * 40, "AAAAAAAAAAA=", "numpy", False]).encode(),
        json.dumps(["array", "float64", [2**40, 0], "", "numpy", False]).encode(),
        json.dumps(["array", "float64", [1], "AAAAAAAAAAA=", "os", False]).encode(),
        json.dumps(["array", ["float64"], [1], "AAAAAAAAAAA=", "numpy", False]).encode(),
    ],
    ids=lambda message: repr(message[:40]),
)  # fmt: skip
def test_what_is_no_message_is_refused(message):
    with pytest.raises(CodecError):
        decode(message)


def test_a_message_that_is_too_long_is_refused():
    with pytest.raises(CodecError, match="expected at most"):
        decode(b" " * (MOST_BYTES + 1))
    with pytest.raises(CodecError, match="expected at most"):
        encode(b"x" * MOST_BYTES)


def test_a_value_that_is_nested_too_deep_is_refused():
    value: list = []
    for _ in range(50):
        value = [value]
    with pytest.raises(CodecError, match="deep"):
        encode(value)


def test_random_bytes_do_no_more_than_to_be_refused():
    chance = random.Random(5)
    whole = [encode(value) for value in [*PLAIN, *ARRAYS, {"ok": [*PLAIN[:6], ARRAYS[0]]}]]
    refused = 0
    for k in range(6000):
        message = bytearray(chance.choice(whole)) if k % 3 else bytearray(chance.randbytes(chance.randrange(60)))
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(message) + 1)
            message[at : at + chance.randrange(3)] = (
                chance.randbytes(chance.randrange(3)) + b'[]",0'[: chance.randrange(5)]
            )
        try:
            decode(bytes(message))
        except CodecError:
            refused += 1
    assert refused > 3000


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([{key * (2**61 - 1): 0 for key in range(1500)}, {str(key): 0 for key in range(1500)}], "keys"),
        (["x" * 2**17, *[""] * 100], "characters"),
    ],
    ids=["keys that collide", "an array with room for the longest string"],
)
def test_what_is_small_but_takes_long_or_much_to_compare_is_refused(value, says):
    with pytest.raises(CodecError, match=says):
        decode(encode(value))
