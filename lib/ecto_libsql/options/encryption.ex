defmodule EctoLibSql.Options.Encryption do
  @moduledoc false
  # The options :encryption_key, :encryption_cipher and :encryption_kdf of a connection, of an attached database and of a
  # copy. What cannot take effect is refused: it would be plain text where encrypted text is expected.

  import EctoLibSql.Options.Check, only: [refuse: 1, refuse: 3]

  alias EctoLibSql.{EncryptionKey, Error}
  alias EctoLibSql.Options.Remote

  @type encryption :: {reference(), :aes256cbc | :aes256gcm, :hkdf | :scrypt}
  @typedoc "`:same` as the connection's database, `:none`, or a key of its own."
  @type choice :: :same | :none | encryption()

  @ciphers [:aes256cbc, :aes256gcm]
  @kdfs [:hkdf, :scrypt]
  @minimum 32

  @doc "The names, for lists of known options."
  @spec names() :: [atom()]
  def names, do: [:encryption_key, :key, :encryption_cipher, :encryption_kdf]

  @doc "A connection's encryption; nil for a plain database."
  @spec connection!(keyword(), boolean()) :: encryption() | nil
  def connection!(opts, memory?) do
    case choice!(opts, :none) do
      :none ->
        nil

      _encryption when memory? ->
        refuse("the option :encryption_key needs a file: a database in memory is never written")

      encryption ->
        encryption
    end
  end

  @doc "The encryption of another file; `default` without any of the options."
  @spec choice!(keyword(), choice()) :: choice()
  def choice!(opts, default) do
    cipher = word!(opts, :encryption_cipher, @ciphers)
    kdf = word!(opts, :encryption_kdf, @kdfs)

    case key_option!(opts) do
      nil -> without_key!(opts, default, cipher || kdf)
      {name, value} -> with_key!(name, value, cipher || :aes256cbc, kdf)
    end
  end

  @doc "`choice!/2` for functions that return errors."
  @spec choice(keyword(), choice()) :: {:ok, choice()} | {:error, Error.t()}
  def choice(opts, default) do
    {:ok, choice!(opts, default)}
  catch
    {:refused, message} -> {:error, Error.new(:invalid_argument, message)}
  end

  @doc """
  The options of a pool with binaries replaced by references, because supervisors and pools keep the options, and show
  them in reports and crash dumps.
  """
  @spec protect(term()) :: term()
  def protect(opts) when not is_list(opts), do: opts

  def protect(opts) do
    opts = if Keyword.keyword?(opts), do: Remote.protect(opts), else: opts

    Enum.map(opts, fn
      {name, key} when name in [:encryption_key, :key] and is_binary(key) and key != "" ->
        {name, EncryptionKey.new(key)}

      {:attach, list} when is_list(list) ->
        {:attach, Enum.map(list, &protect_attachment/1)}

      option ->
        option
    end)
  end

  defp protect_attachment({name, opts}) when is_list(opts), do: {name, protect(opts)}
  defp protect_attachment({name, path, opts}) when is_list(opts), do: {name, path, protect(opts)}
  defp protect_attachment(other), do: other

  # --- Keys ---

  defp key_option!(opts) do
    case Enum.filter(opts, fn {name, value} ->
           name in [:encryption_key, :key] and value != nil
         end) do
      [] -> nil
      [option] -> option
      _both -> refuse("the options :encryption_key and :key are two names of one key: give one")
    end
  end

  # `encryption_key: nil` for a copy or an attached database: plain, whatever the connection is.
  defp without_key!(opts, default, nil),
    do: if(Keyword.has_key?(opts, :encryption_key), do: :none, else: default)

  defp without_key!(_opts, _default, _word) do
    refuse(
      "the options :encryption_cipher and :encryption_kdf have no effect without :encryption_key"
    )
  end

  defp with_key!(_name, _value, :aes256cbc, kdf) when kdf != nil,
    do: refuse("the option :encryption_kdf needs encryption_cipher: :aes256gcm")

  defp with_key!(name, value, cipher, kdf) do
    kdf = kdf || :hkdf
    key = key!(name, fetch!(name, value))

    if kdf == :hkdf and not key.long? do
      refuse("the option #{inspect(name)} must have at least #{@minimum} bytes")
    end

    {key.reference, cipher, kdf}
  end

  defp fetch!(name, fun) when is_function(fun, 0), do: fetched!(name, fun)

  defp fetch!(name, {module, fun, args})
       when is_atom(module) and is_atom(fun) and is_list(args),
       do: fetched!(name, fn -> apply(module, fun, args) end)

  defp fetch!(_name, value), do: value

  # What is raised may contain the key, or what it was made of.
  defp fetched!(name, fun) do
    fun.()
  rescue
    error ->
      refuse("the function of the option #{inspect(name)} raised #{inspect(error.__struct__)}")
  catch
    _kind, _value -> refuse("the function of the option #{inspect(name)} did not return")
  end

  defp key!(_name, %EncryptionKey{} = key), do: key

  defp key!(_name, key) when is_binary(key) and key != "",
    do: EncryptionKey.new(key)

  defp key!(name, _other) do
    refuse(
      "the option #{inspect(name)} must be a binary of at least #{@minimum} bytes, an EctoLibSql.EncryptionKey, " <>
        "a function that returns one, or {module, function, args}"
    )
  end

  defp word!(opts, name, allowed) do
    case opts[name] do
      nil ->
        nil

      word ->
        if word in allowed,
          do: word,
          else: refuse(name, Enum.map_join(allowed, " or ", &inspect/1), word)
    end
  end
end
