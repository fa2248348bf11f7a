import pytest

import keraburn as keras


@pytest.mark.parametrize("name", ["interactive_logging", "traceback_filtering"])
def test_switches(name):
    is_enabled = getattr(keras.config, f"is_{name}_enabled")
    assert is_enabled()
    getattr(keras.config, f"disable_{name}")()
    assert not is_enabled()
    getattr(keras.config, f"enable_{name}")()
    assert is_enabled()
    assert keras.utils.is_interactive_logging_enabled is keras.config.is_interactive_logging_enabled


def test_flash_attention_is_off_or_left_to_layers():
    assert keras.config.is_flash_attention_enabled() is None
    keras.config.disable_flash_attention()
    assert keras.config.is_flash_attention_enabled() is False
    keras.config.enable_flash_attention()
    assert keras.config.is_flash_attention_enabled() is None


def test_the_one_backend():
    assert keras.config.backend() == keras.backend.backend() == "keraburn"
    keras.config.set_backend("keraburn")
    with pytest.raises(ValueError, match="Received: backend=jax"):
        keras.config.set_backend("jax")


def test_numbers_for_prefixes():
    keras.utils.clear_session()
    assert [keras.backend.get_uid(prefix) for prefix in ("a", "a", "b")] == [1, 2, 1]


def test_limits():
    for name in ("max_epochs", "max_steps_per_epoch"):
        assert getattr(keras.config, name)() is None
        getattr(keras.config, f"set_{name}")(3)
        assert getattr(keras.config, name)() == 3
        getattr(keras.config, f"set_{name}")(None)
        with pytest.raises(ValueError, match=f"Received: {name}=0"):
            getattr(keras.config, f"set_{name}")(0)


def test_scopes():
    with keras.name_scope("outer"), keras.name_scope("inner", caller=None):
        assert keras.Variable(1.0, name="v").path == "outer/inner/v"
    with pytest.raises(ValueError, match="Received: name=a/b"), keras.name_scope("a/b"):
        pass
    with keras.device("cpu"):
        assert keras.ops.ones(()).device == "cpu"
