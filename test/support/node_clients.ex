defmodule EctoLibSql.NodeClients do
  @moduledoc false
  # Published clients of libSQL servers, for tests of the development server: `npm install @libsql/client
  # @libsql/hrana-client libsql @tursodatabase/serverless @tursodatabase/sync` in a folder outside of this repository, and
  # NODE_PATH=FOLDER/node_modules.

  @packages ~w(@libsql/client @libsql/hrana-client libsql @tursodatabase/serverless @tursodatabase/sync)

  def available? do
    loads = Enum.map_join(@packages, ";", &"require('#{&1}')")

    System.find_executable("node") != nil and
      match?({_output, 0}, System.cmd("node", ["-e", loads], stderr_to_stdout: true))
  end

  # Runs test/support/node/NAME.cjs and returns what it prints. Scripts end with an error at the first surprise.
  def run!(name, arguments) do
    script = Path.join([__DIR__, "node", name <> ".cjs"])
    {output, status} = System.cmd("node", [script | arguments], stderr_to_stdout: true)

    if status == 0,
      do: String.trim(output),
      else: raise("#{name}.cjs #{inspect(arguments)}:\n#{output}")
  end
end
