defmodule EctoLibSql.Connection.Database do
  @moduledoc false
  # The database as a whole: backup, images, checkpoints. Takes states, returns `:ok`, `{:ok, value}` or
  # `{:error, error}`.

  alias EctoLibSql.Connection.Call
  alias EctoLibSql.{Error, Nif, State}
  alias EctoLibSql.Options.{Encryption, Names}

  @type answer(value) :: {:ok, value} | {:error, Error.t()}
  @type answer :: :ok | {:error, Error.t()}

  @checkpoint_modes [:passive, :full, :restart, :truncate]

  @doc """
  Copies the database `:to` a file, or its content `:from` one. Options: `:progress`, `:pages_per_step`, and those of
  encryption for the file.
  """
  @spec backup(State.t(), :to | :from, term(), keyword()) :: answer()
  def backup(state, direction, path, opts) do
    with :ok <- Names.check(opts, [:progress, :pages_per_step | Encryption.names()], "a backup"),
         {:ok, key} <- Encryption.choice(opts, :same) do
      checked_backup(state, direction, path, opts, key)
    end
  end

  defp checked_backup(state, direction, path, opts, key) do
    progress = opts[:progress]
    pages = Keyword.get(opts, :pages_per_step, 256)

    cond do
      not path?(path) ->
        refuse("the path of a backup must be a string")

      not (is_nil(progress) or is_pid(progress)) ->
        refuse(":progress must be a pid")

      not (is_integer(pages) and pages > 0) ->
        refuse(":pages_per_step must be a positive integer")

      true ->
        copy(state, direction, path, progress, pages, key)
    end
  end

  defp copy(state, direction, path, progress, pages, key) do
    conn = State.in_transaction(state)
    call = fn _left -> Nif.backup(conn, direction, path, progress, pages, key) end
    Call.structured(Call.waiting(state, -1, call))
  end

  @doc "The image of a database as a binary."
  @spec serialise(State.t(), term()) :: answer(binary())
  def serialise(state, database) do
    if is_binary(database),
      do: Call.structured(Nif.serialise(State.in_transaction(state), database)),
      else: refuse("the name of a database must be a string")
  end

  @doc "Replaces a database by an in-memory copy of an image."
  @spec deserialise(State.t(), term(), term()) :: answer()
  def deserialise(state, image, database) do
    if is_binary(image) and is_binary(database),
      do: Call.structured(Nif.deserialise(State.in_transaction(state), image, database)),
      else: refuse("the image and the name of a database must be binaries")
  end

  @doc "Writes a compact copy into a new file."
  @spec vacuum_into(State.t(), term(), keyword()) :: answer()
  def vacuum_into(state, path, opts \\ []) do
    with :ok <- Names.check(opts, Encryption.names(), "VACUUM INTO"),
         {:ok, key} <- Encryption.choice(opts, :same) do
      if path?(path),
        do: Call.structured(Nif.vacuum_into(State.in_transaction(state), path, key)),
        else: refuse("the path of VACUUM INTO must be a string")
    end
  end

  @doc "Moves the write-ahead log into the database."
  @spec checkpoint(State.t(), term(), String.t()) ::
          answer(%{busy: boolean(), log_frames: integer(), checkpointed_frames: integer()})
  def checkpoint(state, mode, database \\ "main") do
    if mode in @checkpoint_modes do
      with {:ok, {busy?, log, checkpointed}} <-
             Call.structured(Nif.checkpoint(State.in_transaction(state), mode, database)) do
        {:ok, %{busy: busy?, log_frames: log, checkpointed_frames: checkpointed}}
      end
    else
      refuse("the checkpoint mode must be one of #{inspect(@checkpoint_modes)}")
    end
  end

  defp path?(path), do: is_binary(path) and path != "" and not String.contains?(path, <<0>>)

  defp refuse(message), do: {:error, Error.new(:invalid_argument, message)}
end
