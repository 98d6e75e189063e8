"""A folder of documents as recursive batches: reprocessed, tagged, exported, produced as TIFF and PDF."""
