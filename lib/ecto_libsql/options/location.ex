defmodule EctoLibSql.Options.Location do
  @moduledoc false
  # Options that name files: the database, attached databases, extensions.

  import EctoLibSql.Options.Check, only: [refuse: 1]

  alias EctoLibSql.Options.{Encryption, Names}

  @spec database!(keyword()) :: String.t()
  def database!(opts), do: path!(opts[:database], ":database")

  @doc """
  The options of a pool with the database's path as it is now: each of its connections is opened when it is needed, and
  the current folder may be another one by then.
  """
  @spec absolute(keyword()) :: keyword()
  def absolute(opts) do
    case opts[:database] do
      path when path in [nil, :memory, ":memory:", ""] -> opts
      "file:" <> _uri -> opts
      path when is_binary(path) -> Keyword.put(opts, :database, Path.expand(path))
      _no_path -> opts
    end
  end

  @spec memory?(keyword()) :: boolean()
  def memory?(opts), do: opts[:database] in [:memory, ":memory:"]

  @spec attachments!(keyword()) :: [{String.t(), String.t(), Encryption.choice()}]
  def attachments!(opts) do
    case opts[:attach] do
      nil -> []
      list when is_list(list) -> Enum.map(list, &attachment!/1)
      _ -> refuse("the option :attach must be a list of {name, path}")
    end
  end

  defp attachment!({name, path}) when is_atom(name) and name != nil do
    attachment!({Atom.to_string(name), path})
  end

  defp attachment!({name, opts}) when is_binary(name) and is_list(opts) do
    if Keyword.keyword?(opts),
      do: attachment!({name, opts[:database], Keyword.delete(opts, :database)}),
      else: refuse_attachment()
  end

  defp attachment!({name, path}), do: attachment!({name, path, []})

  defp attachment!({name, path, opts}) when is_atom(name) and name != nil,
    do: attachment!({Atom.to_string(name), path, opts})

  defp attachment!({name, path, opts}) when is_binary(name) and is_list(opts) do
    with {:error, error} <- Names.check(opts, Encryption.names(), "an attached database"),
         do: refuse(Exception.message(error))

    {name, path!(path, ":attach"), Encryption.choice!(opts, :same)}
  end

  defp attachment!(_other), do: refuse_attachment()

  @spec refuse_attachment() :: no_return()
  defp refuse_attachment do
    refuse(
      "the option :attach must be a list of {name, path}, {name, path, options} or {name, [database: path]}"
    )
  end

  @spec extensions!(keyword()) :: [{String.t(), String.t()}]
  def extensions!(opts) do
    configured = Application.get_env(:ecto_libsql, :load_extensions, [])
    (List.wrap(configured) ++ List.wrap(opts[:load_extensions])) |> Enum.map(&extension!/1)
  end

  defp extension!({path, entry_point}) when is_binary(path) and is_binary(entry_point) do
    {path!(path, ":load_extensions"), entry_point}
  end

  defp extension!({path, nil}), do: extension!({path, ""})
  defp extension!(path) when is_binary(path), do: extension!({path, ""})

  defp extension!(_),
    do: refuse("the option :load_extensions must hold paths or {path, entry_point}")

  defp path!(:memory, _option), do: ":memory:"
  defp path!("", option), do: refuse("the option #{option} must not be empty")

  defp path!(path, option) when is_binary(path) do
    cond do
      not String.valid?(path) ->
        refuse("the option #{option} must be UTF-8")

      String.contains?(path, <<0>>) ->
        refuse("the option #{option} must not contain a NUL character")

      path == "~" or String.starts_with?(path, "~/") ->
        Path.expand(path)

      true ->
        path
    end
  end

  defp path!(_other, option), do: refuse("the option #{option} must be a path")
end
