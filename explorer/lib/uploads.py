from django.core.files.uploadhandler import MemoryFileUploadHandler


class InMemory(MemoryFileUploadHandler):
    """An upload never reaches a temporary file, where a patient list would lie in clear text.

    A request too large to be held is read to its end and its file dropped: the form then asks for one.
    """

    def receive_data_chunk(self, raw_data, start):
        return super().receive_data_chunk(raw_data, start) if self.activated else None
