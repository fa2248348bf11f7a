"""Every public name of Keras is here with its signature, or stands in a list with the reason.

A line of a list that allows nothing fails: what was built is taken out.
"""

from __future__ import annotations

import inspect
import pathlib
import textwrap

from tests.ops.test_coverage import tables
from tests.parity import evidence, surface

NAMES = surface.public_names()

NOT_HERE: surface.Lines = {
    "pictures of images and boxes": "visualization.*",
    "files of sound": "utils.audio_dataset_from_directory",
    "complex dtypes": "ops*.eig ops*.polar ops.view_as_*",
    "quantization": "Quantizer quantizers.* dtype_policies.*DTypePolicy dtype_policies.DTypePolicyMap",
    "several devices": "distribution.*",
    "layers that wrap other frameworks": "layers.FlaxLayer layers.JaxLayer layers.TFSMLayer layers.TorchModuleWrapper",
    "training of a model by another": "distillation.*",
    "inner workings of the symbols": "SymbolicScope",
    "preprocessing of tables by one object": "utils.FeatureSpace",
}

OTHER_SIGNATURES: surface.Lines = {
    "the arguments by name, where Keras takes all": "Layer Sequential",
    "damaged files may be left out": "utils.image_dataset_from_directory",
    "work here, are refused in Keras": "optimizers.legacy.*",
    "TensorFlow's name of an argument is taken too": "Variable",
    "Orbax": "callbacks.OrbaxCheckpoint",
    "None is a structure without leaves": "tree.map_structure",
}

OTHER_MEMBERS: surface.Lines = {
    "takes what the call takes": "*.compute_output_spec",
    "on JAX, state is an argument": """
        Model.train_step Model.test_step Model.predict_step Model.compute_loss_and_updates
    """,
    "inner workings of the JAX backend": "Model.jax_state_sync *.rematerialized_call",
    "inner workings of tf.data": "*.convert_weight",
    "inner workings of convolutions": "Conv?D.convolution_op",
    "inner workings of dtype policies": "DTypePolicy.convert_input",
    "inner workings of files": "*.variable_serialization_spec",
    "ragged tensors": "KerasTensor.ragged_rank KerasTensor.row_splits_dtype",
    "quantization": "*.quantize *.quantized_build *.quantized_call Model.get_quantization_layer_structure",
    "adapters of low rank": "*.enable_lora",
    "programs for other runtimes": "ExportArchive.*",
    "Orbax": "OrbaxCheckpoint.*",
    "summaries of TensorFlow": "TensorBoard.summary",
    "statistics are read where they are needed": "Normalization.finalize_state",
    "more may be left out, or given": """
        Layer.add_variable Layer.add_weight Layer.compute_mask Layer.compute_output_shape KerasTensor.reshape
        SpectralNormalization.build TimeDistributed.build
    """,
    "another name of an argument that is given by place": """
        KerasTensor.squeeze RNN.compute_mask Bidirectional.compute_mask ConvLSTM?D.compute_mask
    """,
    "arguments as in all other layers of images": """
        RandomGrayscale.transform_bounding_boxes RandomGrayscale.transform_labels
        RandomGrayscale.transform_segmentation_masks
    """,
    "how boxes follow their images": """
        Random*.get_shifted_bbox Random*.get_transformed_x_y RandomZoom.get_clipped_bbox
    """,
    "arguments of no use are errors": "Sequential.call",
}


def test_every_name_is_here():
    missing = {name for name in NAMES if not surface.is_here(name)}
    surface.check_against(NOT_HERE, missing, "names of Keras that are not here")


def test_signatures():
    found = {}
    for name, original in surface.canonical(NAMES).items():
        different = surface.difference(surface.ours(name), original)
        if different:
            found[name] = different
    surface.check_against(OTHER_SIGNATURES, found, "signatures that differ")


def test_members_of_classes():
    found = {}
    here = surface.canonical(NAMES)
    classes = {original for original in here.values() if inspect.isclass(original)}
    for name, original in here.items():
        mine = surface.ours(name)
        if inspect.isclass(original) and inspect.isclass(mine):
            found.update(surface.compared_members(name, mine, original, classes))
    surface.check_against(OTHER_MEMBERS, found, "methods and attributes that differ")


NO_CASE: surface.Lines = {
    "work here, raise ImportError in Keras": "optimizers.legacy.*",
    "Orbax": "callbacks.OrbaxCheckpoint",
    "programs for other runtimes": "export.ExportArchive",
    "there is one engine": "config.set_backend",
}

# Models of images have a table of their own.
APART = ("applications",)


def test_every_name_has_a_case_beside_keras():
    """Every class and function is run on both packages by a test of this folder, under one of its names."""
    compared = evidence.compared(pathlib.Path(__file__).parent)
    compared |= {f"ops.{line.name}" for lines in tables().values() for line in lines}
    assert len(compared) > 1000
    aliases: dict[int, set[str]] = {}
    for name, item in NAMES.items():
        aliases.setdefault(id(item), set()).add(name)
    missing, seen = set(), 0
    for name, item in surface.canonical(NAMES).items():
        if name.partition(".")[0] not in APART and (inspect.isclass(item) or inspect.isroutine(item)):
            seen += 1
            if not aliases[id(item)] & compared:
                missing.add(name)
    assert seen > 700
    surface.check_against(NO_CASE, missing, "names without a case beside Keras")


def test_what_counts_as_a_case():
    only_named = '''
        """layers.Dense beside Keras."""
        import keraburn
        # keras.layers.Dense, package.layers.Dense
        def test():
            "keras.layers.Dense"
            assert keraburn.layers.Dense(2) is not None
    '''
    assert evidence.of_source(textwrap.dedent(only_named)) == set()
    on_both = """
        import keraburn
        from tests.parity.harness import keras
        def build(package):
            layers = package.layers
            return layers.Dense(2)
        def test():
            assert keraburn.losses.get("mse") == keras.losses.get("mse")
    """
    found = evidence.of_source(textwrap.dedent(on_both))
    assert {"layers.Dense", "losses.get"} <= found
    assert "layers.mse" not in found
    assert "losses.huber" in evidence.of_source("CASES = [('huber', {})]", ("losses.{}",))
