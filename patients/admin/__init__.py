from patients.admin import duplicates, imports, practitioners, staff_tasks

__all__ = ["duplicates", "imports", "practitioners", "staff_tasks"]
