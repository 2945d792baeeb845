from patients.admin import duplicates, imports, notes, practitioners

__all__ = ["duplicates", "imports", "notes", "practitioners"]
