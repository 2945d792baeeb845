from patients.admin import imports

__all__ = ["imports"]
