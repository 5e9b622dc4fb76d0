"""Stores of our own that are saved, restored and cleared together with a service of MiniStack."""

import copy

from ministack.core.responses import AccountRegionScopedDict

from overlay.patch import replace


def beside(module, name: str) -> AccountRegionScopedDict:
    """A store by account and region that shares the life of the module's own ones."""
    store = AccountRegionScopedDict()
    key = f"overlay_{name}"
    because = f"the store of {name} is saved, restored and cleared with it"

    @replace(module, "get_state", because)
    def get_state(original):
        return {**original(), key: copy.deepcopy(store)}

    @replace(module, "load_persisted_state", because)
    def load_persisted_state(original, data):
        store.update((data or {}).pop(key, {}))
        return original(data)

    @replace(module, "reset", because)
    def reset(original):
        store.clear()
        return original()

    return store
