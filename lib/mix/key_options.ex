defmodule EctoLibSql.KeyOptions do
  @moduledoc false
  # Keys for the mix tasks: from an environment variable, never from the command line, which other users of the machine can
  # see.

  @doc "The switches for `OptionParser`, each with a prefix: `\"new-\"` for `--new-key-env`."
  @spec switches(String.t()) :: keyword()
  def switches(prefix \\ "") do
    for name <- ~w(key-env cipher kdf),
        do: {String.to_atom(String.replace(prefix <> name, "-", "_")), :string}
  end

  @doc "The options of a connection that the switches ask for. Raises `Mix.Error`, without the key."
  @spec connection!(keyword(), String.t()) :: keyword()
  def connection!(opts, prefix \\ "") do
    get = &opts[String.to_atom(String.replace(prefix, "-", "_") <> &1)]

    [
      encryption_key: key!(get.("key_env")),
      encryption_cipher: atom!(get.("cipher")),
      encryption_kdf: atom!(get.("kdf"))
    ]
    |> Enum.reject(fn {_name, value} -> value == nil end)
  end

  defp key!(nil), do: nil

  defp key!(variable) do
    case System.get_env(variable) do
      value when value in [nil, ""] ->
        Mix.raise("the environment variable #{variable} holds no key")

      "base64:" <> text ->
        decoded!(Base.decode64(text, padding: false), variable)

      text ->
        text
    end
  end

  defp decoded!({:ok, key}, _variable), do: key
  defp decoded!(:error, variable), do: Mix.raise("the key in #{variable} is not base64")

  # The words are checked with the other options of the connection.
  defp atom!(nil), do: nil
  defp atom!(word) when word in ~w(aes256cbc aes256gcm hkdf scrypt), do: String.to_atom(word)
  defp atom!(word), do: Mix.raise("unknown cipher or derivation: #{word}")
end
