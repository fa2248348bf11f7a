"""Boxes around objects in images: their formats, their moves with the image, and how far they overlap."""

from __future__ import annotations

from keraburn import _deferred

with _deferred.Imports(globals()):
    from keraburn.utils.bounding_boxes.deltas import decode_deltas_to_boxes as decode_deltas_to_boxes
    from keraburn.utils.bounding_boxes.deltas import encode_box_to_deltas as encode_box_to_deltas
    from keraburn.utils.bounding_boxes.formats import convert_format as convert_format
    from keraburn.utils.bounding_boxes.moves import affine_transform as affine_transform
    from keraburn.utils.bounding_boxes.moves import clip_to_image_size as clip_to_image_size
    from keraburn.utils.bounding_boxes.moves import crop as crop
    from keraburn.utils.bounding_boxes.moves import pad as pad
    from keraburn.utils.bounding_boxes.overlap import compute_ciou as compute_ciou
    from keraburn.utils.bounding_boxes.overlap import compute_iou as compute_iou
