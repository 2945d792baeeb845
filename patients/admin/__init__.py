from patients.admin import imports, patients

__all__ = ["imports", "patients"]
