"""The byte code of TensorBoard event files, shared by reader and writer; standard library only."""
