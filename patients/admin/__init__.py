from patients.admin import duplicates, imports, notes, practitioners, staff_tasks

__all__ = ["duplicates", "imports", "notes", "practitioners", "staff_tasks"]
