import copy
import pickle

import pytest

import keraburn as keras


def test_attributes_and_items():
    config = keras.utils.Config(rate=0.1, momentum=0.9)
    config.ema = True
    config["seed"] = 1
    assert (config.seed, config["ema"], config.get("none", 3)) == (1, True, 3)
    assert list(config) == ["ema", "momentum", "rate", "seed"]
    assert (len(config), "rate" in config, config.pop("rate")) == (4, True, 0.1)
    del config["seed"]
    config.update({"a": 1}, b=2)
    assert config.as_dict() == {"momentum": 0.9, "ema": True, "a": 1, "b": 2}
    assert list(config.keys()) == list(config.as_dict())
    assert list(config.values()) == [value for _, value in config.items()]
    for again in (copy.deepcopy(config), pickle.loads(pickle.dumps(config))):
        assert again.as_dict() == config.as_dict()
    assert repr(keras.utils.Config(a=1)) == "<Config {'a': 1}>"


def test_frozen_configs():
    config = keras.utils.Config(rate=0.1)
    config.freeze()
    assert config.frozen
    for change in (
        lambda: setattr(config, "rate", 1),
        lambda: config.update(a=1),
        lambda: config.pop("rate"),
        lambda: config.__delitem__("rate"),
        lambda: config.__setitem__("b", 1),
    ):
        with pytest.raises(ValueError, match="the config is frozen"):
            change()
    config.unfreeze()
    config.rate = 2
    assert config.rate == 2
    with pytest.raises(AttributeError, match=r"Unknown attribute: 'rates'. Did you mean 'rate'?"):
        _ = config.rates
