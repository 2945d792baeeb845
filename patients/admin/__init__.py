from patients.admin import duplicates, imports

__all__ = ["duplicates", "imports"]
