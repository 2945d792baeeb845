from patients.admin import duplicates, imports, practitioners

__all__ = ["duplicates", "imports", "practitioners"]
