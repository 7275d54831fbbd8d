"""Names that no head can have: each head is a part of a torch container and a file of the bundle under its name."""

from __future__ import annotations

from schemas.perturb.word_list import entries

FILES = frozenset({"trunk"})
"""The other graph of a bundle."""
CONTAINER = frozenset(
    entries(
        """
        add_module, apply, bfloat16, buffers, call_super_init, children, clear, compile, cpu, cuda, double,
        dump_patches, eval, extra_repr, float, forward, get_buffer, get_extra_state, get_parameter,
        get_submodule, half, ipu, items, keys, load_state_dict, modules, mtia, named_buffers, named_children,
        named_modules, named_parameters, parameters, pop, register_backward_hook, register_buffer,
        register_forward_hook, register_forward_pre_hook, register_full_backward_hook,
        register_full_backward_pre_hook, register_load_state_dict_post_hook, register_load_state_dict_pre_hook,
        register_module, register_parameter, register_state_dict_post_hook, register_state_dict_pre_hook,
        requires_grad_, set_extra_state, set_submodule, share_memory, state_dict, to, to_empty, train, training,
        type, update, values, xpu, zero_grad
        """
    )
)
"""Attributes of `torch.nn.ModuleDict`; a test compares them with the torch that is installed."""


def reserved_for(name: str) -> str | None:
    """Return what a name is taken by; None for one that is free."""
    if name in FILES:
        return "the graph that all heads read"
    return "a function of the container that holds the heads" if name in CONTAINER else None
