defmodule EctoLibSql.NodeLibSql do
  @moduledoc false
  # libSQL itself, as its package for Node.js has it, for files that both sides read and write. `npm install libsql` in a
  # folder outside of this repository, and NODE_PATH=FOLDER/node_modules.

  def available? do
    System.find_executable("node") != nil and
      match?(
        {_output, 0},
        System.cmd("node", ["-e", "require('libsql')"], stderr_to_stdout: true)
      )
  end

  # Runs a script in which `db` is the open database and `copy(from, to)` copies it with its journals as they are.
  # What it prints is returned.
  def run!(path, key, script) do
    program = """
    const fs = require('fs');
    const Database = require('libsql');
    const db = new Database(process.argv[1], {encryptionKey: process.argv[2], encryptionCipher: 'aes256cbc'});
    const copy = (from, to) => {
      for (const end of ['', '-wal', '-journal']) if (fs.existsSync(from + end)) fs.copyFileSync(from + end, to + end);
    };
    #{script}
    """

    {output, 0} = System.cmd("node", ["-e", program, path, key], stderr_to_stdout: true)
    String.trim(output)
  end
end
