"""Reports: a day, its close-out, a week, a campaign, the final status. Each as page, PDF and workbook of one sheet."""
