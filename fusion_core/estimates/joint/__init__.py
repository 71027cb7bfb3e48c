"""How far what two donors say together may be from what is assumed: bounds of joint shares."""

from fusion_core.estimates.joint.bounds import (
    JointBounds,
    joint_bounds,
)

__all__ = [
    "JointBounds",
    "joint_bounds",
]
