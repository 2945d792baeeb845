from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload


class InMemory(MemoryFileUploadHandler):
    """An upload never reaches a temporary file, where a patient list would lie in clear text.

    A file that is too large to be held is not read to its end.
    """

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        super().handle_raw_input(input_data, META, content_length, boundary, encoding)
        if not self.activated:
            raise StopUpload(connection_reset=False)
